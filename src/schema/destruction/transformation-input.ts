/** The GraphQL input of every transformation, made from its own description. @module */
import { Field, Float, InputType } from 'type-graphql';
import { transformations, type TransformationStep } from '../../compute/data/index.js';

/** Name of the input of which exactly one member is given; the schema's builder marks it as such. */
export const TRANSFORMATION_INPUT = 'TransformationInput';

@InputType(TRANSFORMATION_INPUT, { description: 'A transformation of images: give exactly one member.' })
export class TransformationInput {
  [name: string]: number | readonly TransformationInput[] | null | undefined;

  @Field(() => [TransformationInput], { nullable: true, description: 'Several, one after the other.' })
  sequence?: TransformationInput[];
}

for (const { name, description, minimum, maximum } of transformations) {
  Field(() => Float, { nullable: true, description: `${description} From ${minimum} to ${maximum}.` })(TransformationInput.prototype, name);
}

/** What an input names, in order. */
export function requestedSteps(input: TransformationInput): TransformationStep[] {
  if (input.sequence) return input.sequence.flatMap(requestedSteps);
  return transformations.flatMap(({ name }) => {
    const amount = input[name];
    return typeof amount === 'number' ? [{ name, amount }] : [];
  });
}
