import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A name that something else of the same kind has.' })
export class NameTakenError extends UserError {}
