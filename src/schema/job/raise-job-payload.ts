import { Field, ObjectType } from 'type-graphql';
import { Job } from './job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: "The job's parts come next." })
export class RaiseJobSuccess {
  @Field(() => Job, { description: 'The job.' })
  readonly job: Job;

  constructor(job: Job) {
    this.job = job;
  }
}

export const RaiseJobPayload = payloadUnion('RaiseJobPayload', RaiseJobSuccess, ['NOT_FOUND', 'JOB_FINISHED']);
