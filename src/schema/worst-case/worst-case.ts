import { Field, Int, ObjectType } from 'type-graphql';
import { Evaluation } from '../evaluation/evaluation.js';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'What one attack adds to the worst case.' })
export class WorstCaseContribution {
  @Field(() => Evaluation, { description: 'The evaluation.' })
  evaluation!: Evaluation;

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

  @Field(() => [WorstCaseContribution], { description: 'The attacks, the last to finish first.' })
  contributions!: WorstCaseContribution[];
}
