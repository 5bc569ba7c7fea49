import { Field, InputType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { Role } from './role.js';

@InputType({ description: 'A token to make.' })
export class CreateTokenInput {
  @Field(() => String, {
    description: 'Whom it is for: 1 to 100 letters, digits, spaces and `. _ - + ( ) /`. Tokens of one name own the same things.',
  })
  name!: string;

  @Field(() => Role, { description: 'What it allows.' })
  role!: Role;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it stops to count; by default never.' })
  expiresAt?: Date;
}
