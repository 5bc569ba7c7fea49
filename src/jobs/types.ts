/**
 * Long work. Glossary. *Job*: a row that clients see, with a state and progress. *Kind*: what sort of work, one handler file each.
 * *Queue*: pg-boss, which hands each job to one worker and notices when that worker is gone. *Runner*: runs one job on a worker.
 * @module
 */
import type { Logger } from 'pino';
import type { Compute } from '../compute/host/index.js';
import type { DatasetSource } from '../compute/data/index.js';
import type { ArtifactStore } from '../storage/artifacts.js';
import type { DatabaseClient, Transaction } from '../storage/database.js';
import type { Dataset } from '../storage/generated/client.js';
import type { ArchiveLimits } from '../storage/archive/index.js';
import type { ModelLimits, RemotePolicy } from '../compute/models/index.js';
import type { ModelFolders } from '../storage/model-folders.js';
import type { Secrets } from '../storage/secrets.js';
import type { EngineOptions } from '../compute/engine/index.js';
import type { JobRequests } from './requests.js';
import type { ValidationRequest, Verdict } from './model/messages.js';
import type { JobWatcher } from './watcher.js';

/** How models are validated. */
export interface ValidationOptions {
  /** @throws JobFailed where there is no verdict; what `signal` aborts with. */
  validate(request: ValidationRequest, signal: AbortSignal): Promise<Verdict>;
  readonly archives: ArchiveLimits;
  readonly engine: Omit<EngineOptions, 'log'>;
  readonly limits: Partial<ModelLimits>;
  readonly remote: RemotePolicy;
}

/** What handlers work with. */
export interface JobEnvironment {
  readonly prisma: DatabaseClient;
  readonly compute: Compute;
  readonly artifacts: ArtifactStore;
  readonly modelFolders: ModelFolders;
  readonly validation: ValidationOptions;
  readonly secrets: Secrets;
  /** Most examples between two commits of progress; see `shardSizeFor`. */
  readonly shardSize: number;
  /** Bytes of memory that the process may occupy. */
  readonly computeMemory: number;
  readonly log: Logger;
  /** Where a data set's files are on this machine. */
  datasetSource(dataset: Pick<Dataset, 'format' | 'split' | 'resizing'>): DatasetSource;
}

export interface JobContext extends JobEnvironment {
  readonly jobId: string;
  readonly watcher: JobWatcher;
  readonly requests: JobRequests;
  /** Aborts when the job is cancelled, the worker stops, or the queue has given the job to another worker. */
  readonly signal: AbortSignal;
  /**
   * Commits a step with its progress, in one transaction.
   * @param done units done in all, earlier runs included.
   * @throws JobInterrupted when the job is no longer running; nothing is written then.
   */
  step(done: number, write: (tx: Transaction) => Promise<void>): Promise<void>;
}

/** Ids of artifacts that the transaction stopped referring to. */
export type DroppedArtifacts = readonly (string | null)[];

/** What comes with a job's final state. */
export interface JobResult {
  write(tx: Transaction): Promise<DroppedArtifacts>;
  /** Artifacts that `write` refers to for the first time; without it they go. */
  readonly artifacts?: readonly string[];
}

export interface JobHandler {
  readonly kind: string;
  /** A job in a few words, for the log. */
  describe(prisma: DatabaseClient, jobId: string): Promise<string>;
  /**
   * Does the work, or what is left of it: may run again after a crash, with the steps that were committed still there.
   * @returns what to write in the transaction that marks the job as succeeded.
   */
  run(context: JobContext): Promise<JobResult>;
  /** Removes what a job that failed or was cancelled has left behind. */
  discard(tx: Transaction, jobId: string): Promise<DroppedArtifacts>;
}

/** The run ends without a verdict on the job: it was cancelled, or another worker continues it. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

/** A verdict on the job: trying again would not help. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';

  /**
   * @param code for programs. @param message for the job's owner: what is wrong, and what to do.
   * @param detail for the log alone.
   */
  constructor(
    readonly code: string,
    message: string,
    readonly detail?: string,
  ) {
    super(message);
  }
}
