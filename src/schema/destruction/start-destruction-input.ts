import { Field, ID, InputType, Int } from 'type-graphql';
import { TransformationInput } from './transformation-input.js';

@InputType({ description: 'Adversarial images to transform.' })
export class StartDestructionInput {
  @Field(() => ID, { description: 'Id of an evaluation that has succeeded and kept its images.' })
  evaluationId!: string;

  @Field(() => [TransformationInput], { description: 'Transformations; each gives a rate of its own.' })
  transformations!: TransformationInput[];

  @Field(() => Int, { defaultValue: 0, description: 'Seed of the noise. Same inputs, same seed: same numbers.' })
  seed!: number;
}
