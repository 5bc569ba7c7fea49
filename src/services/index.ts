/** The use cases of the server, and what they stand on. @module */
import type { JobQueue } from '../jobs/queue.js';
import type { JobEnvironment } from '../jobs/types.js';
import type { JobWatcher } from '../jobs/watcher.js';
import type { DatabaseClient } from '../storage/database.js';
import type { DatasetService } from './datasets.js';
import { EvaluationService } from './evaluations.js';
import { JobService } from './jobs.js';
import { ModelService } from './models.js';
import { UploadService, type UploadOptions } from './uploads.js';

export interface Services {
  /** For queries; everything that writes goes through a service. */
  readonly prisma: DatabaseClient;
  readonly models: ModelService;
  readonly datasets: DatasetService;
  readonly evaluations: EvaluationService;
  readonly jobs: JobService;
  readonly uploads: UploadService;
}

export interface ServiceOptions {
  readonly environment: JobEnvironment;
  readonly datasets: DatasetService;
  readonly queue: JobQueue;
  readonly watcher: JobWatcher;
  readonly maxPending: number;
  readonly uploads: UploadOptions;
}

export function createServices({ environment, datasets, queue, watcher, maxPending, uploads }: ServiceOptions): Services {
  const uploadService = new UploadService(environment.prisma, uploads);
  return {
    prisma: environment.prisma,
    models: new ModelService(environment, uploadService),
    datasets,
    evaluations: new EvaluationService(environment, queue, maxPending),
    jobs: new JobService(environment, watcher),
    uploads: uploadService,
  };
}
