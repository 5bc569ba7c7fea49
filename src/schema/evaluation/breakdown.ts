import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { HISTOGRAM_COLUMNS, type HistogramColumn } from '../../results/breakdown.js';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'How often a model is right on the examples of one class.' })
export class ClassAccuracy {
  @Field(() => Int, { description: 'True class.' })
  label!: number;

  @Field(() => Proportion, { description: 'On the original images.' })
  clean!: Proportion;

  @Field(() => Proportion, { description: 'Under attack.' })
  adversarial!: Proportion;
}

@ObjectType({ description: 'How often a model is right on the examples of one subgroup of the data set.' })
export class GroupAccuracy {
  @Field(() => String, { description: 'Its name, or number, in the column `group` of the upload.' })
  group!: string;

  @Field(() => Proportion, { description: 'On the original images.' })
  clean!: Proportion;

  @Field(() => Proportion, { description: 'Under attack.' })
  adversarial!: Proportion;
}

@ObjectType({ description: 'Examples of one true class that are predicted as one class.' })
export class ConfusionCell {
  @Field(() => Int, { description: 'True class.' })
  label!: number;

  @Field(() => Int, { description: 'Predicted class.' })
  prediction!: number;

  @Field(() => Int, { description: 'How many, before the attack.' })
  clean!: number;

  @Field(() => Int, { description: 'How many, under attack.' })
  adversarial!: number;
}

@ObjectType({ description: 'Examples whose value lies in one range.' })
export class HistogramBin {
  @Field(() => Float, { description: 'Lower end.' })
  from!: number;

  @Field(() => Float, { description: 'Upper end; it belongs to the next bin, and to this one where it is the last.' })
  to!: number;

  @Field(() => Int, { description: 'How many examples.' })
  count!: number;

  @Field(() => Int, { description: 'Of these, examples on which the attack succeeded.' })
  successes!: number;
}

export const HistogramColumnName = Object.fromEntries(Object.keys(HISTOGRAM_COLUMNS).map((name) => [name, name])) as Readonly<
  Record<HistogramColumn, HistogramColumn>
>;

registerEnumType(HistogramColumnName, {
  name: 'HistogramColumn',
  description: 'What the examples of an evaluation are counted by.',
  valuesConfig: {
    CLEAN_CONFIDENCE: { description: 'Probability of the predicted class on the original image.' },
    ADVERSARIAL_CONFIDENCE: { description: 'Probability of the predicted class on the adversarial image.' },
    LINF: { description: 'Largest change of a pixel value, as a fraction of the pixel range.' },
    L2: { description: 'Euclidean length of the change.' },
    L1: { description: 'Sum of the changes of pixel values.' },
    L0: { description: 'Share of the pixel values that changed.' },
    SSIM: { description: 'Structural similarity with the original.' },
    PASS: { description: 'Perceptual similarity with the original after alignment.' },
    ATTACK_DISTANCE: {
      description: 'Distance that the attack bounds or minimises where it is none of these: see `Distortion.attackDistance`.',
    },
    QUERIES: { description: 'Forward passes spent.' },
    GRADIENTS: { description: 'Backward passes spent.' },
  },
});

@InputType({ description: 'Which examples. What is given must hold, all together.' })
export class ExampleFilter {
  @Field(() => Boolean, { nullable: true, description: 'Those where the attack succeeded, or did not.' })
  success?: boolean;

  @Field(() => Boolean, { nullable: true, description: 'Those that were right before the attack, or were not.' })
  correctBefore?: boolean;

  @Field(() => [Int], { nullable: true, description: 'At these positions in the data set.' })
  indexes?: number[];

  @Field(() => [Int], { nullable: true, description: 'Of one of these true classes.' })
  labels?: number[];

  @Field(() => [Int], { nullable: true, description: 'Predicted as one of these classes under attack.' })
  predictions?: number[];

  @Field(() => Float, { nullable: true, description: 'With at least this confidence under attack.' })
  confidenceMin?: number;

  @Field(() => Float, { nullable: true, description: 'With at most this confidence under attack.' })
  confidenceMax?: number;

  @Field(() => Float, { nullable: true, description: 'With at least this distortion, in the norm of the attack, as `distortion` has it.' })
  distortionMin?: number;

  @Field(() => Float, { nullable: true, description: 'With at most this distortion, in the norm of the attack, as `distortion` has it.' })
  distortionMax?: number;
}
