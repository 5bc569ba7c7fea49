/**
 * What a server and a worker have in common: database, stores, compute, queue and services, opened in order and closed in the reverse.
 * @module
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type Compute, createCompute } from './compute/host/index.js';
import { JobQueue } from './jobs/queue.js';
import { recoverEmbedded, recoverLost } from './jobs/recovery.js';
import { jobHandlers } from './jobs/registry.js';
import { JobRunner } from './jobs/runner.js';
import type { JobEnvironment, ValidationOptions } from './jobs/types.js';
import { JobWatcher } from './jobs/watcher.js';
import { DatasetService } from './services/dataset/datasets.js';
import { createServices, type Services } from './services/index.js';
import { jobRequests } from './services/job/job-requests.js';
import { VALIDATION_ENTRY, validateInProcess } from './jobs/model/process.js';
import { ArtifactStore } from './storage/artifacts.js';
import { openDatabase } from './storage/open-database.js';
import type { Database } from './storage/database.js';
import { ModelFolders } from './storage/model-folders.js';
import { Secrets } from './storage/secrets.js';

export interface Runtime {
  readonly database: Database;
  readonly compute: Compute;
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetService;
  readonly environment: JobEnvironment;
  readonly queue: JobQueue;
  readonly watcher: JobWatcher;
  readonly services: Services;
  /** Starts taking jobs. */
  work(): Promise<void>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Called with every SQL statement that Prisma sends. */
  readonly onQuery?: (sql: string) => void;
  /** Starts what computes. */
  readonly openCompute?: typeof createCompute;
  /** Validates a model; default: in a process of its own. */
  readonly validate?: ValidationOptions['validate'];
}

const RECOVERY_INTERVAL_MS = 60_000;
/** Longest wait for running handlers to notice that the process stops. */
const STOP_TIMEOUT_MS = 10_000;

export async function openRuntime(config: Config, log: Logger, options: RuntimeOptions = {}): Promise<Runtime> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const database = await openDatabase(config.database.url, {
      dataDirectory: config.dataDirectory,
      cacheDirectory: config.cacheDirectory,
      migrationsDirectory: config.migrationsDirectory,
      poolSize: config.database.poolSize,
      onQuery: options.onQuery,
      onError: (error) => log.warn({ err: error }, 'database connection lost'),
    });
    closers.push(() => database.close());
    log.info(database.kind === 'embedded' ? `database: embedded, in ${config.dataDirectory}` : 'database: PostgreSQL server');

    const compute = await (options.openCompute ?? createCompute)({
      engine: { ...config.engine, cacheDirectory: config.cacheDirectory, log: (level, message) => log[level](message) },
      remote: config.remote,
      dataMemory: config.training.dataMemory,
      memory: config.computeMemory,
    });
    closers.push(() => compute.close());

    const artifacts = new ArtifactStore(join(config.dataDirectory, 'artifacts'));
    await artifacts.prepare();
    const modelFolders = new ModelFolders(join(config.dataDirectory, 'models'), artifacts, config.archives);
    const datasets = new DatasetService(database.prisma, compute, config.datasetDirectories);
    const environment: JobEnvironment = {
      prisma: database.prisma,
      compute,
      artifacts,
      modelFolders,
      validation: {
        validate: options.validate ?? ((request, signal) => validateInProcess(VALIDATION_ENTRY, request, config.validation, signal)),
        archives: config.archives,
        // Two images run in it: one thread will do.
        engine: { ...config.engine, threads: 1, cacheDirectory: config.cacheDirectory },
        remote: config.remote,
      },
      secrets: await Secrets.open(join(config.dataDirectory, 'secret.key')),
      shardSize: config.jobs.shardSize,
      computeMemory: config.computeMemory,
      log,
      datasetSource: (dataset) => datasets.source(dataset),
    };
    const queue = new JobQueue(database, {
      kinds: [...jobHandlers.keys()],
      heartbeatSeconds: config.jobs.heartbeatSeconds,
      onError: (error) => log.error({ err: error }, 'queue'),
    });
    await queue.start();
    closers.push(() => queue.stop(STOP_TIMEOUT_MS));
    const watcher = new JobWatcher(database.prisma, (error) => log.error({ err: error }, 'following jobs'));
    closers.push(() => watcher.close());
    const services = createServices({
      environment,
      datasets,
      queue,
      watcher,
      tokensRequired: config.tokensRequired,
      sessionHours: config.sessionHours,
      capacity: config.capacity,
      statistics: config.statistics,
      uploads: { directory: join(config.dataDirectory, 'uploads'), ...config.uploads },
    });

    const work = async () => {
      if (database.kind === 'embedded') {
        for (const jobId of await recoverEmbedded(database.prisma, queue)) log.info({ jobId }, 'job was interrupted; it goes on');
      }
      const runner = new JobRunner(environment, queue, watcher, {
        maxAttempts: config.jobs.maxAttempts,
        requests: jobRequests(services),
      });
      await runner.start();
      closers.push(() => runner.stop());
      const timer = setInterval(() => {
        recoverLost(database.prisma, queue).then(
          (jobIds) => jobIds.length > 0 && log.warn({ jobIds }, 'jobs were missing in the queue; queued again'),
          (error: unknown) => log.error({ err: error }, 'looking for lost jobs'),
        );
      }, RECOVERY_INTERVAL_MS);
      closers.push(() => clearInterval(timer));
    };
    return { database, compute, artifacts, datasets, environment, queue, watcher, services, work, close };
  } catch (error) {
    await close();
    throw error;
  }
}
