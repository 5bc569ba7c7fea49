import { Field, InterfaceType } from 'type-graphql';

/** What a mutation answers where the caller can act on a failure: a member of its payload's union. Anything else that goes wrong is a bug. */
@InterfaceType({ description: 'A failure that the caller can do something about.' })
export abstract class UserError {
  @Field(() => String, { description: 'What is wrong, and what would be right.' })
  readonly message: string;

  @Field(() => [String], { nullable: true, description: 'Where in the input: field names and list positions from the outside in.' })
  readonly path?: readonly string[];

  constructor(message: string, path?: readonly string[]) {
    this.message = message;
    this.path = path;
  }
}
