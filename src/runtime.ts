/**
 * What a server and a worker have in common: database, stores, compute, queue and services, opened in order and closed in the reverse.
 * @module
 */
import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type DatasetSource, findDatasetFormat } from './compute/data/index.js';
import { createCompute, type SupervisedCompute } from './compute/host/index.js';
import { openSandbox } from './compute/process/index.js';
import { JobQueue } from './jobs/queue.js';
import { recoverEmbedded, recoverLost } from './jobs/recovery.js';
import { JobRunner } from './jobs/runner.js';
import type { JobEnvironment, ValidationOptions } from './jobs/types.js';
import { JobWatcher } from './jobs/watcher.js';
import { WorkerPresence } from './jobs/workers.js';
import { DatasetService } from './services/dataset/datasets.js';
import { createServices, type Services } from './services/index.js';
import { jobRequests } from './services/job/job-requests.js';
import { VALIDATION_ENTRY, validateInProcess } from './jobs/model/process.js';
import { ARTIFACTS_PREFIX, ArtifactStore } from './storage/artifacts.js';
import { openDatabase } from './storage/open-database.js';
import type { Database } from './storage/database.js';
import { DatasetNotHere } from './storage/errors.js';
import type { Dataset } from './storage/generated/client.js';
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
  /** A server makes and changes what all share: tables, the installation. A worker joins it. Default: server. */
  readonly role?: 'server' | 'worker';
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
  const { role = 'server' } = options;
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
      migrates: role === 'server',
      onQuery: options.onQuery,
      onError: (error) => log.warn({ err: error }, 'database connection lost'),
    });
    closers.push(() => database.close());
    log.info(database.kind === 'embedded' ? `database: embedded, in ${config.dataDirectory}` : 'database: PostgreSQL server');

    const objects = await openObjectStore(config.artifacts, config.dataDirectory);
    closers.push(() => objects.close());
    await objects.prepare();
    const { secrets } = await openInstallation({
      prisma: database.prisma,
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
    const compute = await (options.openCompute ?? createCompute)({
      engine: { ...config.engine, cacheDirectory: config.cacheDirectory, log: (level, message) => log[level](message) },
      limits: config.models,
      remote: config.remote,
      dataMemory: config.training.dataMemory,
      memory: config.computeMemory,
      sandbox,
      readable: [...folders, ...Object.values(config.datasetDirectories)],
      restMs: config.computeRestSeconds * 1000,
    });
    closers.push(() => compute.close());

    const cache = new LocalCache(config.fetched.directory, config.fetched.maximumBytes);
    closers.push(() => cache.close());
    // Where versions before the store unpacked models, without a limit.
    await rm(join(config.dataDirectory, 'models'), { recursive: true, force: true });
    const artifacts = new ArtifactStore(objects, cache);
    // What this machine has beside the store, on which a worker may be alone.
    await cache.sweep(() => true);
    await artifacts.removeUnfinished();
    const modelFolders = new ModelFolders(cache, artifacts, config.archives);
    const datasets = new DatasetService(database.prisma, compute, config.datasetDirectories);
    const queue = new JobQueue(database, {
      heartbeatSeconds: config.jobs.heartbeatSeconds,
      onError: (error) => log.error({ err: error }, 'queue'),
    });
    await queue.start();
    closers.push(() => queue.stop(STOP_TIMEOUT_MS));
    const environment: JobEnvironment = {
      prisma: database.prisma,
      compute,
      artifacts,
      modelFolders,
      validation: {
        validate:
          options.validate ?? ((request, signal) => validateInProcess(VALIDATION_ENTRY, request, config.validation, signal, sandbox)),
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
      datasetSource: (dataset) => (role === 'worker' ? sourceHere(datasets, dataset) : datasets.source(dataset)),
    };
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
      const worker = new WorkerPresence(database.prisma, (error) => log.warn({ err: error }, 'saying that the worker is there'));
      await worker.announce({ version: config.version, engine: await compute.engine(), memory: config.computeMemory });
      closers.push(() => worker.leave());
      const runner = new JobRunner(environment, watcher, {
        workerId: worker.id,
        maxAttempts: config.jobs.maxAttempts,
        maxLosses: config.jobs.maxLosses,
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
    return { database, compute, artifacts, cache, datasets, environment, queue, watcher, services, work, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a server finds wrong with the files of a data set is a verdict; a worker without them leaves the work to others. */
function sourceHere(datasets: DatasetService, dataset: Pick<Dataset, 'format' | 'split' | 'resizing'>): DatasetSource {
  const source = datasets.source(dataset);
  const { needsDirectory, title } = findDatasetFormat(dataset.format);
  const { directory } = source;
  if (directory === undefined ? !needsDirectory : hasEntries(directory)) return source;
  const where = directory === undefined ? 'no folder is configured for them' : `${directory} is empty or not there`;
  throw new DatasetNotHere(`The files of ${title} are not on this worker's machine: ${where}. The work is left to others.`);
}

/** A folder on which nothing is mounted is empty. */
function hasEntries(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}
