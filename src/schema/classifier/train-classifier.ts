import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { classifiers } from '../../compute/classifiers/index.js';
import { payloadUnion } from '../errors/payload-union.js';
import { Job } from '../job/job.js';
import { Model } from '../model/model.js';
import { Visibility } from '../model/visibility.js';
import { addMembers, type Members } from '../training/described-input.js';

@InputType({ description: 'A kind of classical classifier with its parameters: give exactly one member.' })
export class ClassifierInput {
  [name: string]: Members[string];
}

addMembers(ClassifierInput, 'ClassifierInput', classifiers);

@InputType({ description: 'A classical classifier, and what it is fitted to.' })
export class TrainClassifierInput {
  @Field(() => String, { description: 'Name of the model, as in `SubmitModelInput`.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What others should know about it, up to 2000 characters.' })
  description?: string;

  @Field(() => Visibility, { defaultValue: Visibility.PRIVATE, description: 'Who sees the model, once it is fitted.' })
  visibility!: Visibility;

  @Field(() => ClassifierInput, { description: 'The kind of classifier.' })
  classifier!: ClassifierInput;

  @Field(() => ID, { description: 'Data set to fit it to.' })
  datasetId!: string;

  @Field(() => Int, { defaultValue: 0, description: 'Position of the first example.' })
  offset!: number;

  @Field(() => Int, { nullable: true, description: 'Number of examples; by default 1000, or what the data set has.' })
  sampleCount?: number;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of everything that is random.' })
  seed!: number;
}

@ObjectType({ description: 'The fitting is queued.' })
export class TrainClassifierSuccess {
  @Field(() => Model, { description: 'The model that comes of it; it can be evaluated when the job has succeeded.' })
  readonly model: Model;

  @Field(() => Job, { description: 'Its job, whose progress is counted in examples.' })
  readonly job: Job;

  constructor(model: Model, job: Job) {
    this.model = model;
    this.job = job;
  }
}

export const TrainClassifierPayload = payloadUnion('TrainClassifierPayload', TrainClassifierSuccess, [
  'VALIDATION',
  'NOT_FOUND',
  'NAME_TAKEN',
  'DATASET_NOT_READY',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
]);
