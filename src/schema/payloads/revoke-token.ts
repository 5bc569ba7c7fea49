import { Field, ObjectType } from 'type-graphql';
import { NotFoundError } from '../errors/index.js';
import { Token } from '../objects/token.js';
import { payloadUnion } from './payload-union.js';

@ObjectType({ description: 'The token counts no longer.' })
export class RevokeTokenSuccess {
  @Field(() => Token, { description: 'The token.' })
  readonly token: Token;

  constructor(token: Token) {
    this.token = token;
  }
}

export const RevokeTokenPayload = payloadUnion('RevokeTokenPayload', RevokeTokenSuccess, [NotFoundError]);
