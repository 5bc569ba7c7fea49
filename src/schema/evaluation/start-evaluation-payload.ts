import { Field, ObjectType } from 'type-graphql';
import { Evaluation } from './evaluation.js';
import { Job } from '../job/job.js';
import { payloadUnion } from '../errors/payload-union.js';

@ObjectType({ description: 'The evaluations are queued, running or, where the same was asked before, finished.' })
export class StartEvaluationSuccess {
  @Field(() => [Evaluation], {
    description:
      'One for each model, attack and budget: models in the order given, under each the attacks in the order given, under each its budgets in the order given.',
  })
  readonly evaluations: Evaluation[];

  @Field(() => [Job], { description: 'Their jobs, in the same order.' })
  readonly jobs: Job[];

  constructor(evaluations: Evaluation[], jobs: Job[]) {
    this.evaluations = evaluations;
    this.jobs = jobs;
  }
}

/** Of whatever begins with evaluations. */
export const EVALUATION_ERRORS = [
  'VALIDATION',
  'NOT_FOUND',
  'MODEL_NOT_READY',
  'DATASET_NOT_READY',
  'MODEL_DATASET_MISMATCH',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
] as const;

export const StartEvaluationPayload = payloadUnion('StartEvaluationPayload', StartEvaluationSuccess, EVALUATION_ERRORS);
