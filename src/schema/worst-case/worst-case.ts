import { Field, Int, ObjectType } from 'type-graphql';
import { Evaluation } from '../evaluation/evaluation.js';
import { Finding } from '../evaluation/finding.js';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'What one attack adds to the worst case.' })
export class WorstCaseContribution {
  @Field(() => Evaluation, { description: 'The evaluation; of another model where its images were transferred to this one.' })
  evaluation!: Evaluation;

  @Field(() => Boolean, { description: 'Whether the images were made on another model.' })
  transferred!: boolean;

  @Field(() => Int, { description: 'Examples, right before, that it fools.' })
  fooled!: number;

  @Field(() => Int, { description: 'Those that no other of the attacks fools.' })
  fooledAlone!: number;
}

@ObjectType({ description: 'Each example under the attack that it withstands least.' })
export class WorstCase {
  @Field(() => Int, { description: 'Position of the first example in the data set.' })
  offset!: number;

  @Field(() => Proportion, { description: 'Accuracy on the original images.' })
  clean!: Proportion;

  @Field(() => Proportion, {
    description: 'Robust accuracy: share of the examples that are right on the original image and under every attack.',
  })
  robust!: Proportion;

  @Field(() => [WorstCaseContribution], {
    description:
      'The attacks and imported images, the last to finish first; then, unless evaluations were named, images of other models that were transferred to this one.',
  })
  contributions!: WorstCaseContribution[];

  @Field(() => [Finding], {
    description: 'What automatic checks found in the evaluations of the model that count, each code once: where it is most severe.',
  })
  findings!: Finding[];

  @Field(() => Boolean, {
    description:
      'Whether one of them says that gradients are masked, and no iterative attack that is as strong is without one: robust accuracy is then not to be believed.',
  })
  maskedGradients!: boolean;
}
