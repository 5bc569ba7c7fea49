import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A model to delete, with everything measured on it.' })
export class DeleteModelInput {
  @Field(() => ID, { description: 'Id of the model.' })
  modelId!: string;
}
