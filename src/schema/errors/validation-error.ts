import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'An argument that is out of its range or contradicts another.' })
export class ValidationError extends UserError {}
