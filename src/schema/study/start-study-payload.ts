import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { Study } from './study.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The study is queued.' })
export class StartStudySuccess {
  @Field(() => Study, { description: 'The study.' })
  readonly study: Study;

  @Field(() => Job, { description: 'Its job, whose progress is counted in tasks.' })
  readonly job: Job;

  constructor(study: Study, job: Job) {
    this.study = study;
    this.job = job;
  }
}

export const StartStudyPayload = payloadUnion('StartStudyPayload', StartStudySuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'QUEUE_FULL',
  'MODEL_NOT_READY',
  'DATASET_NOT_READY',
  'MODEL_DATASET_MISMATCH',
]);
