import { Field, ObjectType } from 'type-graphql';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'How often a model is right.' })
export class Accuracy {
  @Field(() => Proportion, { description: 'The label has the highest score.' })
  top1!: Proportion;

  @Field(() => Proportion, { description: 'The label is among the five highest scores.' })
  top5!: Proportion;
}
