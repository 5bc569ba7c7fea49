import { Field, Int, ObjectType } from 'type-graphql';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({
  description:
    'Top-1 accuracy on adversarial images as they are stored and as floats. The attack worked for one of the two, `judging`; the other is what the same images give.',
})
export class JudgedAccuracies {
  @Field(() => Proportion, { description: 'On the images rounded to 8 bits, inside the budget.' })
  stored!: Proportion;

  @Field(() => Proportion, { description: 'On the images as floats.' })
  float!: Proportion;

  @Field(() => Int, { description: 'Examples that were right before, are wrong as floats, and are right as stored: what rounding undoes.' })
  undoneByRounding!: number;
}
