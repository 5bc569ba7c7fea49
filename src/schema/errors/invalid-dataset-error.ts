import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A data set whose files cannot be found or read.' })
export class InvalidDatasetError extends UserError {}
