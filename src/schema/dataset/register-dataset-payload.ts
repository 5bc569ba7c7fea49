import { Field, ObjectType } from 'type-graphql';
import { Dataset } from './dataset.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The data set was read and is ready to be measured on.' })
export class RegisterDatasetSuccess {
  @Field(() => Dataset, { description: 'The data set.' })
  readonly dataset: Dataset;

  constructor(dataset: Dataset) {
    this.dataset = dataset;
  }
}

export const RegisterDatasetPayload = payloadUnion('RegisterDatasetPayload', RegisterDatasetSuccess, [
  'VALIDATION',
  'NAME_TAKEN',
  'INVALID_DATASET',
]);
