import { ObjectType } from 'type-graphql';
import { UserError } from './user-error.js';

@ObjectType({ implements: UserError, description: 'A model that cannot be run on the data set: another image shape or number of classes.' })
export class ModelDatasetMismatchError extends UserError {}
