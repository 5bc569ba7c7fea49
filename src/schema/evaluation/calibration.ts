import { Field, Float, Int, ObjectType } from 'type-graphql';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'Examples whose predicted class has a probability in one range.' })
export class ReliabilityBin {
  @Field(() => Float, { description: 'Lower end; it belongs to the bin before, and to this one where it is 0.' })
  from!: number;

  @Field(() => Float, { description: 'Upper end.' })
  to!: number;

  @Field(() => Int, { description: 'How many examples.' })
  count!: number;

  @Field(() => Float, { nullable: true, description: 'Their mean confidence; null where there are none.' })
  meanConfidence!: number | null;

  @Field(() => Proportion, { nullable: true, description: 'How often the model is right on them; null where there are none.' })
  accuracy!: Proportion | null;
}

@ObjectType({ description: "Whether a model's probabilities are the shares that they say." })
export class Calibration {
  @Field(() => Float, {
    description:
      'Expected calibration error (ECE): mean distance between the confidence in the predicted class and the accuracy, over 15 bins of equal width (Guo et al. 2017).',
  })
  expectedError!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'The same error for the probability of every class, averaged over classes (Nixon et al. 2019); null where it was not kept.',
  })
  classwiseError!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean negative logarithm of the probability of the label, in nats. Probabilities that a model outputs itself count as 2⁻²³ at least. Null where it was not kept.',
  })
  negativeLogLikelihood!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean Brier score over all classes, from 0 to 2 (Brier 1950); null where it was not kept.',
  })
  brierScore!: number | null;

  @Field(() => [ReliabilityBin], { description: 'All 15 bins of the reliability curve, in order.' })
  bins!: ReliabilityBin[];
}

@ObjectType({ description: 'Calibration of a model on the images of an evaluation.' })
export class EvaluationCalibration {
  @Field(() => Calibration, { description: 'On the original images.' })
  clean!: Calibration;

  @Field(() => Calibration, { description: 'Under attack.' })
  adversarial!: Calibration;
}
