import { Field, InterfaceType } from 'type-graphql';

/**
 * A failure that a client can cause and act on. Services throw it; a mutation returns it as a member of its payload's union.
 * Anything else that is thrown is a bug.
 */
@InterfaceType({ description: 'A failure that the caller can do something about.' })
export abstract class UserError extends Error {
  @Field(() => String, { description: 'What is wrong, and what would be right.' })
  override message!: string;

  @Field(() => [String], { nullable: true, description: 'Where in the input: field names and list positions from the outside in.' })
  path?: string[];

  constructor(message: string, path?: string[], options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}
