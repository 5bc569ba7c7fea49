import { Field, ID, InputType, Int } from 'type-graphql';
import { Norm } from '../attack/norm.js';
import { Magnitude } from '../scalars/magnitude.js';

@InputType({ description: 'What an adversary may change.' })
export class ThreatModelInput {
  @Field(() => Norm, { description: 'How the change is measured.' })
  norm!: Norm;

  @Field(() => Magnitude, { description: 'Its largest size, in L0 a number of pixel values.' })
  epsilon!: number;
}

@InputType({ description: 'Over which attacks to take the worst case: finished evaluations of one model on the same examples.' })
export class WorstCaseInput {
  @Field(() => ID, { description: 'Id of the model.' })
  modelId!: string;

  @Field(() => ID, { description: 'Id of the data set.' })
  datasetId!: string;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Evaluations to count; by default all of the range that have finished, the last 100, and 100 of which images were transferred to the model. Of a random model, an attack that was judged again by more predictions counts once.',
  })
  evaluationIds?: string[];

  @Field(() => Int, { nullable: true, description: 'Position of the first example; by default that of the largest evaluation.' })
  offset?: number;

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default that of the largest evaluation.' })
  sampleCount?: number;

  @Field(() => ThreatModelInput, {
    nullable: true,
    description:
      'Only adversarial images inside it count, whatever the attack was allowed: those of minimal-norm attacks count at every ε that they need. By default all count.',
  })
  threat?: ThreatModelInput;
}
