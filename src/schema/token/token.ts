import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Token as TokenRow } from '../../storage/generated/client.js';
import { Role } from './role.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { orderInput } from '../relay/order.js';

@ObjectType({ implements: Node, description: 'What lets a client in. Its secret is shown when it is made and never again.' })
export class Token extends Node {
  constructor(readonly row: TokenRow) {
    super('Token', row.id);
  }

  @Field(() => String, {
    description: 'Whom it was given to. Tokens of one name own the same things, so a token can be replaced by another of its name.',
  })
  get name(): string {
    return this.row.name;
  }

  @Field(() => Role, { description: 'What it allows.' })
  get role(): Role {
    return this.row.role;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it stops to count; null for never.' })
  get expiresAt(): Date | null {
    return this.row.expiresAt;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it was revoked.' })
  get revokedAt(): Date | null {
    return this.row.revokedAt;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it was last used, to the minute.' })
  get lastUsedAt(): Date | null {
    return this.row.lastUsedAt;
  }

  @Field(() => GraphQLDateTimeISO, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }
}

export const TokenConnection = connectionOf('Token', Token);
export type TokenConnection = InstanceType<typeof TokenConnection>;

export enum TokenOrderField {
  CREATED_AT = 'createdAt',
  NAME = 'name',
}

registerEnumType(TokenOrderField, {
  name: 'TokenOrderField',
  description: 'What tokens are ordered by.',
  valuesConfig: { CREATED_AT: { description: 'Time of making.' }, NAME: { description: 'Name.' } },
});

export const TokenOrder = orderInput('TokenOrder', TokenOrderField, TokenOrderField.CREATED_AT);
export type TokenOrder = InstanceType<typeof TokenOrder>;
