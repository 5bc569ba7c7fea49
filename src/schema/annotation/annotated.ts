import { Field, InterfaceType } from 'type-graphql';
import { Node, typeByClass } from '../relay/node.js';

export const TAGS = { description: 'Tags that its owner has given it, in lower case, sorted.' };
export const NOTE = 'What its owner notes of it.';

@InterfaceType({ implements: Node, description: 'Something that its owner can tag and note something of.', resolveType: typeByClass })
export abstract class Annotated extends Node {
  @Field(() => [String], TAGS)
  abstract readonly tags: string[];

  @Field(() => String, { nullable: true, description: NOTE })
  abstract readonly note: string | null;
}
