import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A model file that cannot be read, imported or run.' })
export class InvalidModelError extends UserError {}
