/** The use cases of the server, and what they stand on. @module */
import type { JobQueue } from '../jobs/queue.js';
import type { JobEnvironment } from '../jobs/types.js';
import type { JobFeed } from '../jobs/feed.js';
import type { JobWatcher } from '../jobs/watcher.js';
import type { DatabaseClient } from '../storage/database.js';
import { AnnotationService } from './annotation/annotations.js';
import { search, type SearchMatch } from './annotation/search.js';
import { BenchmarkService } from './benchmark/benchmarks.js';
import { DatasetService } from './dataset/datasets.js';
import { DatasetInspector } from './dataset/inspect-dataset.js';
import { Capacity, type CapacityLimits } from './job/capacity.js';
import { CertificationService } from './certification/certifications.js';
import { ClassifierService } from './classifier/classifiers.js';
import { DeletionService } from './deletion/deletions.js';
import { DestructionService } from './destruction/destructions.js';
import { EvaluationService } from './evaluation/evaluations.js';
import { ImportService } from './images/imports.js';
import { JobService } from './job/jobs.js';
import { ModelInspector } from './model/inspect-model.js';
import { FunctionService, type FunctionLimits } from './model/functions.js';
import { ModelService } from './model/models.js';
import { SavedViewService } from './view/saved-views.js';
import { SessionService } from './session/sessions.js';
import { SignedUrls } from './access/signed-urls.js';
import { StudyService } from './study/studies.js';
import { RetentionService, type RetentionAges } from './storage/retention.js';
import { StatisticsCache } from './statistics/cache.js';
import type { Principal } from './token/principal.js';
import { TokenService } from './token/tokens.js';
import { TrainingService } from './training/trainings.js';
import { TransferService } from './transfer/transfers.js';
import { UploadService, type UploadOptions } from './upload/uploads.js';
import { WebhookService } from './webhook/webhooks.js';

export interface Services {
  /** For queries; everything that writes goes through a service. */
  readonly prisma: DatabaseClient;
  readonly annotations: AnnotationService;
  readonly benchmarks: BenchmarkService;
  readonly models: ModelService;
  readonly datasets: DatasetService;
  readonly datasetInspector: DatasetInspector;
  readonly certifications: CertificationService;
  readonly classifiers: ClassifierService;
  readonly deletions: DeletionService;
  readonly destructions: DestructionService;
  readonly evaluations: EvaluationService;
  readonly functions: FunctionService;
  readonly imports: ImportService;
  readonly inspector: ModelInspector;
  readonly jobs: JobService;
  readonly retention: RetentionService;
  readonly savedViews: SavedViewService;
  /** @param visible finds what the principal sees. */
  readonly search: (principal: Principal, visible: DatabaseClient, text: string, limit: number) => Promise<SearchMatch[]>;
  readonly sessions: SessionService;
  readonly signedUrls: SignedUrls;
  readonly studies: StudyService;
  readonly statistics: StatisticsCache;
  readonly tokens: TokenService;
  readonly trainings: TrainingService;
  readonly transfers: TransferService;
  readonly uploads: UploadService;
  readonly webhooks: WebhookService;
}

export interface ServiceOptions {
  readonly environment: JobEnvironment;
  readonly queue: JobQueue;
  readonly watcher: JobWatcher;
  readonly feed: JobFeed;
  readonly tokensRequired: boolean;
  readonly sessionHours: number;
  readonly capacity: CapacityLimits;
  readonly functions: FunctionLimits;
  readonly uploads: UploadOptions;
  readonly retention: RetentionAges;
  readonly statistics: { readonly cacheMaximumBytes: number };
}

export function createServices({ environment, queue, watcher, feed, tokensRequired, ...options }: ServiceOptions): Services {
  const capacity = new Capacity(options.capacity);
  const uploads = new UploadService(environment.prisma, environment.artifacts, capacity, options.uploads);
  const tokens = new TokenService(environment.prisma, tokensRequired);
  const models = new ModelService(environment, queue, capacity, uploads);
  const inspector = new ModelInspector(environment, uploads);
  const evaluations = new EvaluationService(environment, capacity);
  return {
    prisma: environment.prisma,
    annotations: new AnnotationService(environment),
    benchmarks: new BenchmarkService(environment, queue, evaluations),
    models,
    inspector,
    datasets: new DatasetService(environment, queue, capacity, uploads),
    datasetInspector: new DatasetInspector(environment, uploads),
    certifications: new CertificationService(environment, queue, capacity),
    classifiers: new ClassifierService(environment, queue, capacity, models),
    deletions: new DeletionService(environment),
    destructions: new DestructionService(environment, queue, capacity),
    evaluations,
    functions: new FunctionService(environment, models, options.functions),
    imports: new ImportService(environment, evaluations, uploads),
    jobs: new JobService(environment, watcher, feed, capacity),
    retention: new RetentionService(environment, models, options.retention),
    savedViews: new SavedViewService(environment.prisma),
    search: (principal, prisma, text, limit) => search({ prisma, principal }, text, limit),
    sessions: new SessionService(environment.prisma, tokens, options.sessionHours),
    signedUrls: new SignedUrls(environment.secrets),
    studies: new StudyService(environment, queue, capacity, evaluations),
    statistics: new StatisticsCache(options.statistics.cacheMaximumBytes),
    tokens,
    trainings: new TrainingService(environment, queue, capacity, models),
    transfers: new TransferService(queue, capacity, evaluations),
    uploads,
    webhooks: new WebhookService(environment),
  };
}
