import { Field, ObjectType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';

@ObjectType({ description: 'An address that works without a token until it expires.' })
export class SignedUrl {
  @Field(() => String, { description: 'Path and query on this server.' })
  url!: string;

  @Field(() => GraphQLDateTimeISO, { description: 'When it stops working.' })
  expiresAt!: Date;
}
