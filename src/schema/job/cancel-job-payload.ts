import { Field, ObjectType } from 'type-graphql';
import { Job } from './job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The job is cancelled.' })
export class CancelJobSuccess {
  @Field(() => Job, { description: 'The job.' })
  readonly job: Job;

  constructor(job: Job) {
    this.job = job;
  }
}

export const CancelJobPayload = payloadUnion('CancelJobPayload', CancelJobSuccess, ['NOT_FOUND', 'JOB_FINISHED']);
