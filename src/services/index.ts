/** The use cases of the server, and what they stand on. @module */
import type { JobQueue } from '../jobs/queue.js';
import type { JobEnvironment } from '../jobs/types.js';
import type { JobWatcher } from '../jobs/watcher.js';
import type { DatabaseClient } from '../storage/database.js';
import type { DatasetService } from './dataset/datasets.js';
import { Capacity, type CapacityLimits } from './job/capacity.js';
import { CertificationService } from './certification/certifications.js';
import { DestructionService } from './destruction/destructions.js';
import { EvaluationService } from './evaluation/evaluations.js';
import { ImportService } from './images/imports.js';
import { JobService } from './job/jobs.js';
import { ModelService } from './model/models.js';
import { SessionService } from './session/sessions.js';
import { StudyService } from './study/studies.js';
import { StatisticsCache } from './statistics/cache.js';
import { TokenService } from './token/tokens.js';
import { TrainingService } from './training/trainings.js';
import { TransferService } from './transfer/transfers.js';
import { UploadService, type UploadOptions } from './upload/uploads.js';

export interface Services {
  /** For queries; everything that writes goes through a service. */
  readonly prisma: DatabaseClient;
  readonly models: ModelService;
  readonly datasets: DatasetService;
  readonly certifications: CertificationService;
  readonly destructions: DestructionService;
  readonly evaluations: EvaluationService;
  readonly imports: ImportService;
  readonly jobs: JobService;
  readonly sessions: SessionService;
  readonly studies: StudyService;
  readonly statistics: StatisticsCache;
  readonly tokens: TokenService;
  readonly trainings: TrainingService;
  readonly transfers: TransferService;
  readonly uploads: UploadService;
}

export interface ServiceOptions {
  readonly environment: JobEnvironment;
  readonly datasets: DatasetService;
  readonly queue: JobQueue;
  readonly watcher: JobWatcher;
  readonly tokensRequired: boolean;
  readonly sessionHours: number;
  readonly capacity: CapacityLimits;
  readonly uploads: UploadOptions;
  readonly statistics: { readonly cacheMaximumBytes: number };
}

export function createServices({ environment, datasets, queue, watcher, tokensRequired, ...options }: ServiceOptions): Services {
  const capacity = new Capacity(options.capacity);
  const uploads = new UploadService(environment.prisma, environment.artifacts, capacity, options.uploads);
  const tokens = new TokenService(environment.prisma, tokensRequired);
  const models = new ModelService(environment, queue, capacity, uploads);
  const evaluations = new EvaluationService(environment, queue, capacity);
  return {
    prisma: environment.prisma,
    models,
    datasets,
    certifications: new CertificationService(environment, queue, capacity),
    destructions: new DestructionService(environment, queue, capacity),
    evaluations,
    imports: new ImportService(environment, evaluations, uploads),
    jobs: new JobService(environment, watcher, capacity),
    sessions: new SessionService(environment.prisma, tokens, options.sessionHours),
    studies: new StudyService(environment, queue, capacity, evaluations),
    statistics: new StatisticsCache(options.statistics.cacheMaximumBytes),
    tokens,
    trainings: new TrainingService(environment, queue, capacity, models),
    transfers: new TransferService(queue, capacity, evaluations),
    uploads,
  };
}
