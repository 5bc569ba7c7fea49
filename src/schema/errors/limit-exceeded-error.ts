import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'Something larger than this server allows.' })
export class LimitExceededError extends UserError {}
