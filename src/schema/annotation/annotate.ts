import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { payloadUnion } from '../errors/payload-union.js';
import { Annotated } from './annotated.js';

@InputType({ description: 'Tags and note of something of yours. What is left out stays.' })
export class AnnotateInput {
  @Field(() => ID, { description: 'Id of a model, data set, evaluation or study.' })
  id!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'In place of those that it has: at most 20, of up to 40 letters, digits, spaces and . _ - + : / = #, in lower case.',
  })
  tags?: string[];

  @Field(() => String, { nullable: true, description: 'In place of the one that it has, up to 2000 characters; empty: none.' })
  note?: string;
}

@ObjectType({ description: 'It has the tags and the note.' })
export class AnnotateSuccess {
  @Field(() => Annotated, { description: 'What was changed.' })
  readonly node: Annotated;

  constructor(node: Annotated) {
    this.node = node;
  }
}

export const AnnotatePayload = payloadUnion('AnnotatePayload', AnnotateSuccess, ['VALIDATION', 'NOT_FOUND']);
