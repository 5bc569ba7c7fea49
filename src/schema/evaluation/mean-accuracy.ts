import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Top-1 accuracy of one prediction of a model, on average over several predictions of each image.' })
export class MeanAccuracy {
  @Field(() => Float, { description: 'On the original images.' })
  clean!: number;

  @Field(() => Float, { description: 'On the adversarial images.' })
  adversarial!: number;
}
