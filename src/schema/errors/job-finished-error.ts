import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A job that has finished cannot be cancelled.' })
export class JobFinishedError extends UserError {}
