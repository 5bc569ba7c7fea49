import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A model that is still being validated, or was rejected.' })
export class ModelNotReadyError extends UserError {}
