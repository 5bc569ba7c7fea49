import { Field, ObjectType } from 'type-graphql';
import { Role } from './role.js';

@ObjectType({ description: 'Who asks: the tokens of one name.' })
export class Principal {
  @Field(() => String, { description: 'Name of its tokens, and owner of what it makes.' })
  name!: string;

  @Field(() => Role, { description: 'What the token of this request allows.' })
  role!: Role;
}
