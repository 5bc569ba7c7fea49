import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'An id or name that nothing answers to.' })
export class NotFoundError extends UserError {}
