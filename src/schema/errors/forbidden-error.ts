import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'Something that this token may see and not do. Every mutation may answer so.' })
export class ForbiddenError extends UserError {}
