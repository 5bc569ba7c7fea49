import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A model with layers that have no implementation here; the message names all of them.' })
export class UnsupportedModelError extends UserError {}
