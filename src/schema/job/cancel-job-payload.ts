import { Field, ObjectType } from 'type-graphql';
import { Job } from './job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The job is cancelled, or goes on for others.' })
export class CancelJobSuccess {
  @Field(() => Job, { description: 'The job.' })
  readonly job: Job;

  @Field({ description: 'Whether others asked for the same, for whom the job goes on; else it is cancelled.' })
  readonly goesOn: boolean;

  constructor(job: Job, goesOn: boolean) {
    this.job = job;
    this.goesOn = goesOn;
  }
}

export const CancelJobPayload = payloadUnion('CancelJobPayload', CancelJobSuccess, ['NOT_FOUND', 'JOB_FINISHED']);
