import { Field, ObjectType } from 'type-graphql';
import { Certification } from './certification.js';
import { Job } from '../job/job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The certification is queued, running or, where the same was asked before, finished.' })
export class StartCertificationSuccess {
  @Field(() => Certification, { description: 'Where it will be.' })
  readonly certification: Certification;

  @Field(() => Job, { description: 'The job that computes it.' })
  readonly job: Job;

  constructor(certification: Certification, job: Job) {
    this.certification = certification;
    this.job = job;
  }
}

export const StartCertificationPayload = payloadUnion('StartCertificationPayload', StartCertificationSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'MODEL_NOT_READY',
  'DATASET_NOT_READY',
  'MODEL_DATASET_MISMATCH',
  'QUEUE_FULL',
]);
