/**
 * What a server and a worker have in common: database, stores, compute, queue and services, opened in order and closed in the reverse.
 * @module
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { RangeReader } from './compute/data/index.js';
import { createCompute, type SupervisedCompute } from './compute/host/index.js';
import { returnFreedMemory } from './compute/memory/index.js';
import { openSandbox } from './compute/process/index.js';
import { JobQueue } from './jobs/queue.js';
import { releaseFromGpu } from './jobs/lanes.js';
import { recoverEmbedded, recoverLost } from './jobs/recovery.js';
import { JobRunner } from './jobs/runner.js';
import type { DatasetReading, JobEnvironment, ValidationOptions } from './jobs/types.js';
import { JobFeed } from './jobs/feed.js';
import { JobWatcher } from './jobs/watcher.js';
import { WorkerPresence } from './jobs/workers.js';
import { inspectDatasetInProcess, readDatasetInProcess } from './jobs/dataset/process.js';
import { findSource } from './jobs/dataset/source.js';
import { createServices, type Services } from './services/index.js';
import { jobRequests } from './services/job/job-requests.js';
import { VALIDATION_ENTRY, validateInProcess } from './jobs/model/process.js';
import { ARTIFACTS_PREFIX, ArtifactStore } from './storage/artifacts.js';
import { ArtifactMissing } from './storage/errors.js';
import { Outage } from './outage.js';
import { openDatabase } from './storage/open-database.js';
import { type Database, DatabaseUnreachableError } from './storage/database.js';
import { openInstallation } from './storage/installation.js';
import { LocalCache } from './storage/local-cache.js';
import { ModelFolders } from './storage/model-folders.js';
import { openObjectStore } from './storage/objects/open.js';

export interface Runtime {
  readonly database: Database;
  readonly compute: SupervisedCompute;
  readonly artifacts: ArtifactStore;
  /** Unpacked models and fetched files. */
  readonly cache: LocalCache;
  readonly environment: JobEnvironment;
  readonly queue: JobQueue;
  readonly watcher: JobWatcher;
  readonly services: Services;
  /** Which says of trouble that is not over what has been said. */
  readonly log: Logger;
  /** Starts taking jobs. */
  work(): Promise<void>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** A server makes and changes what all share: tables, the installation. A worker joins it. Default: server. */
  readonly role?: 'server' | 'worker';
  /** Called with every SQL statement that Prisma sends. */
  readonly onQuery?: (sql: string) => void;
  /** Starts what computes. */
  readonly openCompute?: typeof createCompute;
  /** Validates a model; default: in a process of its own. */
  readonly validate?: ValidationOptions['validate'];
  /** Reads uploaded data sets, and looks through them. Default: in a process of its own. */
  readonly readDatasets?: Pick<DatasetReading, 'read' | 'inspect'>;
}

const RECOVERY_INTERVAL_MS = 60_000;
/** Between two times that memory is given back to the system, which takes milliseconds. */
const TRIM_INTERVAL_MS = 60_000;
/** Longest wait for running handlers to notice that the process stops. */
const STOP_TIMEOUT_MS = 10_000;

export async function openRuntime(config: Config, plainLog: Logger, options: RuntimeOptions = {}): Promise<Runtime> {
  const { role = 'server' } = options;
  let database: Database | undefined;
  const outage = new Outage(plainLog, async () => (await database?.prisma.$queryRawUnsafe('SELECT 1')) as unknown);
  const log = outage.quiet(plainLog);
  const closers: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const opened = await openDatabase(config.database.url, {
      dataDirectory: config.dataDirectory,
      cacheDirectory: config.cacheDirectory,
      migrationsDirectory: config.migrationsDirectory,
      poolSize: config.database.poolSize,
      migrates: role === 'server',
      onQuery: options.onQuery,
      waitSeconds: config.database.waitSeconds,
      onWait: (reason) => log.warn(`database: not there yet (${reason}); waiting up to ${config.database.waitSeconds} s`),
      onError: (error) => log.warn({ err: new DatabaseUnreachableError(error.message, { cause: error }) }, 'database connection lost'),
    });
    database = opened;
    closers.push(() => opened.close());
    closers.push(() => outage.close());
    log.info(opened.kind === 'embedded' ? `database: embedded, in ${config.dataDirectory}` : 'database: PostgreSQL server');

    const objects = await openObjectStore(config.artifacts, config.dataDirectory);
    closers.push(() => objects.close());
    await objects.prepare();
    const { secrets } = await openInstallation({
      prisma: opened.prisma,
      objects,
      isServer: role === 'server',
      version: config.version,
      secretKey: config.secretKey,
      formerKeyFile: join(config.dataDirectory, 'secret.key'),
      warn: (message) => log.warn(message),
    });
    if (objects.isRemote) log.info(`artifacts: ${objects.location}`);

    const sandbox = await openSandbox(config.sandbox);
    log[sandbox.kind === 'none' && config.sandbox === 'auto' ? 'warn' : 'info'](`sandbox: ${sandbox.description}`);
    // What computes reads in them, and nothing else of the data folder or of the store: its key least of all.
    const stored = objects.localPath?.(ARTIFACTS_PREFIX);
    const folders = [config.fetched.directory, ...(stored === undefined ? [] : [stored])];
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
    const cache = new LocalCache(config.fetched.directory, config.fetched.maximumBytes);
    closers.push(() => cache.close());
    // Where versions before the store unpacked models, without a limit.
    await rm(join(config.dataDirectory, 'models'), { recursive: true, force: true });
    const artifacts = new ArtifactStore(objects, cache);
    const compute = await (options.openCompute ?? createCompute)({
      engine: { ...config.engine, cacheDirectory: config.cacheDirectory, log: (level, message) => log[level](message) },
      limits: config.models,
      remote: config.remote,
      dataMemory: config.training.dataMemory,
      memory: config.computeMemory,
      sandbox,
      readStored: readerOf(artifacts),
      readable: [...folders, ...Object.values(config.datasetDirectories)],
      restMs: config.computeRestSeconds * 1000,
    });
    closers.push(() => compute.close());

    // What this machine has beside the store, on which a worker may be alone.
    await cache.sweep(() => true);
    await artifacts.removeUnfinished();
    const modelFolders = new ModelFolders(cache, artifacts, config.archives);
    const queue = new JobQueue(opened, {
      heartbeatSeconds: config.jobs.heartbeatSeconds,
      onError: (error) => log.error({ err: error }, 'queue'),
    });
    await queue.start();
    closers.push(() => queue.stop(STOP_TIMEOUT_MS));
    const environment: JobEnvironment = {
      prisma: opened.prisma,
      compute,
      artifacts,
      modelFolders,
      validation: {
        validate:
          options.validate ??
          ((request, signal) =>
            validateInProcess(VALIDATION_ENTRY, request, config.validation, signal, { sandbox, readStored: readerOf(artifacts) })),
        archives: config.archives,
        // Two images run in it: one thread will do.
        engine: { ...config.engine, threads: 1, cacheDirectory: config.cacheDirectory },
        limits: config.models,
        remote: config.remote,
      },
      secrets,
      shardSize: config.jobs.shardSize,
      partSeconds: config.jobs.partSeconds,
      queue,
      computeMemory: config.computeMemory,
      log,
      version: config.version,
      datasetReading: {
        ...(options.readDatasets ?? {
          read: (request, signal) => readDatasetInProcess(request, config.datasetReading, signal, sandbox),
          inspect: (request, signal) => inspectDatasetInProcess(request, config.datasetReading, signal, sandbox),
        }),
        archives: config.datasetArchives,
        limits: config.datasets,
      },
      datasetSource: (dataset, { folders = modelFolders, wholeFile } = {}) =>
        findSource(dataset, folders, { directories: config.datasetDirectories, isWorker: role === 'worker', wholeFile }),
    };
    const trimming = setInterval(returnFreedMemory, TRIM_INTERVAL_MS).unref();
    closers.push(() => clearInterval(trimming));
    const feed = new JobFeed(opened.prisma, (error) => log.error({ err: error }, 'following changes of jobs'));
    closers.push(() => feed.close());
    const watcher = new JobWatcher(opened.prisma, (error) => log.error({ err: error }, 'following jobs'));
    closers.push(() => watcher.close());
    const services = createServices({
      environment,
      queue,
      watcher,
      feed,
      tokensRequired: config.tokensRequired,
      sessionHours: config.sessionHours,
      capacity: config.capacity,
      statistics: config.statistics,
      functions: config.functions,
      retention: config.retention,
      uploads: { directory: join(config.dataDirectory, 'uploads'), ...config.uploads },
    });

    const work = async () => {
      if (opened.kind === 'embedded') {
        for (const jobId of await recoverEmbedded(opened.prisma, queue)) log.info({ jobId }, 'job was interrupted; it goes on');
      }
      const worker = new WorkerPresence(opened.prisma, (error) => log.warn({ err: error }, 'saying that the worker is there'));
      const engine = await compute.engine();
      await worker.announce({ version: config.version, engine, memory: config.computeMemory });
      closers.push(() => worker.leave());
      const runner = new JobRunner(environment, watcher, {
        workerId: worker.id,
        gpu: engine.provider !== 'cpu',
        maxAttempts: config.jobs.maxAttempts,
        maxLosses: config.jobs.maxLosses,
        requests: jobRequests(services),
      });
      await runner.start();
      closers.push(() => runner.stop());
      const timer = setInterval(() => {
        recoverLost(opened.prisma, queue).then(
          (jobIds) => jobIds.length > 0 && log.warn({ jobIds }, 'jobs were missing in the queue; queued again'),
          (error: unknown) => log.error({ err: error }, 'looking for lost jobs'),
        );
        releaseFromGpu(opened.prisma, queue).catch((error: unknown) => log.error({ err: error }, 'looking for parts that wait for a GPU'));
      }, RECOVERY_INTERVAL_MS);
      closers.push(() => clearInterval(timer));
    };
    return { database: opened, log, compute, artifacts, cache, environment, queue, watcher, services, work, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** For processes without the store. */
const readerOf =
  (artifacts: ArtifactStore): RangeReader =>
  async (id, position, length) => {
    const bytes = await artifacts.readRange(id, position, length);
    if (!bytes) throw new ArtifactMissing(id, { cause: new Error('It ends too early.') });
    return bytes;
  };
