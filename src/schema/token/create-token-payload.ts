import { Field, ObjectType } from 'type-graphql';
import { Token } from './token.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The token is made.' })
export class CreateTokenSuccess {
  @Field(() => Token, { description: 'The token.' })
  readonly token: Token;

  @Field(() => String, { description: 'What goes into `Authorization: Bearer …`. This is the only time that it is shown.' })
  readonly secret: string;

  constructor(token: Token, secret: string) {
    this.token = token;
    this.secret = secret;
  }
}

export const CreateTokenPayload = payloadUnion('CreateTokenPayload', CreateTokenSuccess, ['VALIDATION']);
