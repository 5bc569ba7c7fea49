import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { Transfer } from './transfer.js';
import { payloadUnion } from '../errors/payload-union.js';
import { EVALUATION_ERRORS } from '../evaluation/start-evaluation-payload.js';

@ObjectType({ description: 'The transfer is queued, running or, where the same was asked before, finished.' })
export class StartTransferSuccess {
  @Field(() => Transfer, { description: 'Where its cells will be.' })
  readonly transfer: Transfer;

  @Field(() => Job, {
    description: 'The job that evaluates the targets. It waits for the evaluations, each of which has a job of its own.',
  })
  readonly job: Job;

  constructor(transfer: Transfer, job: Job) {
    this.transfer = transfer;
    this.job = job;
  }
}

export const StartTransferPayload = payloadUnion('StartTransferPayload', StartTransferSuccess, EVALUATION_ERRORS);
