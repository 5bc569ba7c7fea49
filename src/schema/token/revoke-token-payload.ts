import { Field, ObjectType } from 'type-graphql';
import { Token } from './token.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The token counts no longer.' })
export class RevokeTokenSuccess {
  @Field(() => Token, { description: 'The token.' })
  readonly token: Token;

  constructor(token: Token) {
    this.token = token;
  }
}

export const RevokeTokenPayload = payloadUnion('RevokeTokenPayload', RevokeTokenSuccess, ['NOT_FOUND']);
