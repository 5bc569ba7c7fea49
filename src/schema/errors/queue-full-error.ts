import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'More work is waiting than this server accepts. Try again later.' })
export class QueueFullError extends UserError {}
