import { Field, ObjectType } from 'type-graphql';
import { Destruction } from './destruction.js';
import { Job } from '../job/job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The rates are queued, running or, where the same was asked before, finished.' })
export class StartDestructionSuccess {
  @Field(() => Destruction, { description: 'Where they will be.' })
  readonly destruction: Destruction;

  @Field(() => Job, { description: 'The job that computes them.' })
  readonly job: Job;

  constructor(destruction: Destruction, job: Job) {
    this.destruction = destruction;
    this.job = job;
  }
}

export const StartDestructionPayload = payloadUnion('StartDestructionPayload', StartDestructionSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
]);
