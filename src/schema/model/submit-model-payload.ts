import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { Model } from './model.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The model is kept and waits for its validation; once `job` has succeeded it can be attacked.' })
export class SubmitModelSuccess {
  @Field(() => Model, { description: 'The model.' })
  readonly model: Model;

  @Field(() => Job, { description: 'Its validation: why it fails, where it does, is in `error`.' })
  readonly job: Job;

  constructor(model: Model, job: Job) {
    this.model = model;
    this.job = job;
  }
}

export const SubmitModelPayload = payloadUnion('SubmitModelPayload', SubmitModelSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'DATASET_NOT_READY',
  'NAME_TAKEN',
  'INVALID_MODEL',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
]);
