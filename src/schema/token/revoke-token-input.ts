import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A token that shall count no longer.' })
export class RevokeTokenInput {
  @Field(() => ID, { description: 'Id of the token.' })
  tokenId!: string;
}
