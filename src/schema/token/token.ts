import { ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { Token as TokenRow } from '../../storage/generated/client.js';
import { Role } from './role.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { orderInput } from '../relay/order.js';
import { Column } from '../column.js';

@ObjectType({ implements: Node, description: 'What lets a client in. Its secret is shown when it is made and never again.' })
export class Token extends Node {
  constructor(readonly row: TokenRow) {
    super('Token', row.id);
  }

  @Column(() => String, {
    description: 'Whom it was given to. Tokens of one name own the same things, so a token can be replaced by another of its name.',
  })
  readonly name!: string;

  @Column(() => Role, { description: 'What it allows.' })
  readonly role!: Role;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it stops to count; null for never.' })
  readonly expiresAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it was revoked.' })
  readonly revokedAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it was last used, to the minute.' })
  readonly lastUsedAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was made.' })
  readonly createdAt!: Date;
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
