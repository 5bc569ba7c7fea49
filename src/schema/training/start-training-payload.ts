import { Field, ObjectType } from 'type-graphql';
import { Job } from '../job/job.js';
import { Model } from '../model/model.js';
import { TrainingRun } from './training-run.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The run is queued.' })
export class StartTrainingSuccess {
  @Field(() => TrainingRun, { description: 'The run.' })
  readonly trainingRun: TrainingRun;

  @Field(() => Model, { description: 'The model that comes of it; it can be evaluated when the job has succeeded.' })
  readonly model: Model;

  @Field(() => Job, { description: 'Its job, whose progress is counted in steps.' })
  readonly job: Job;

  constructor(trainingRun: TrainingRun, model: Model, job: Job) {
    this.trainingRun = trainingRun;
    this.model = model;
    this.job = job;
  }
}

export const StartTrainingPayload = payloadUnion('StartTrainingPayload', StartTrainingSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'NAME_TAKEN',
  'INVALID_MODEL',
  'MODEL_NOT_READY',
  'DATASET_NOT_READY',
  'MODEL_DATASET_MISMATCH',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
]);
