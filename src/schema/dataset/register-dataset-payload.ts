import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { Dataset } from './dataset.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The data set is kept. An upload waits to be read; once `job` has succeeded it can be measured on.' })
export class RegisterDatasetSuccess {
  @Field(() => Dataset, { description: 'The data set.' })
  readonly dataset: Dataset;

  @Field(() => Job, {
    nullable: true,
    description: 'Its reading: why it fails, where it does, is in `error`. Null for files of the server, which are ready.',
  })
  readonly job: Job | null;

  constructor(dataset: Dataset, job: Job | null) {
    this.dataset = dataset;
    this.job = job;
  }
}

export const RegisterDatasetPayload = payloadUnion('RegisterDatasetPayload', RegisterDatasetSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'NAME_TAKEN',
  'INVALID_DATASET',
  'QUEUE_FULL',
]);
