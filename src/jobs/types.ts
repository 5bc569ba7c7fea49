/**
 * Long work. Glossary. *Job*: a row that clients see, with a state and progress. *Kind*: what sort of work, one handler file each.
 * *Part*: a piece of a job that one worker computes at a time; any number of workers compute those of one job. *Queue*: pg-boss, which hands each part to one
 * worker and notices when that worker is gone. *Runner*: takes parts on a worker; claiming, progress, retries and the end of jobs are its own, for every kind.
 * @module
 */
import type { Logger } from 'pino';
import { ComputeError } from '../compute/errors.js';
import type { Compute, SupervisedCompute } from '../compute/host/index.js';
import type { DatasetSource, UploadLimits } from '../compute/data/index.js';
import type { AttackProgress } from '../compute/evaluation/index.js';
import type { ArtifactDescription, Bytes } from '../storage/artifact-rows.js';
import type { ArtifactStore } from '../storage/artifacts.js';
import type { DatabaseClient, Transaction } from '../storage/database.js';
import type { Dataset, Job, JobPart } from '../storage/generated/client.js';
import type { ArchiveLimits } from '../storage/archive/index.js';
import type { ModelLimits, RemotePolicy } from '../compute/models/index.js';
import type { ModelFolders } from '../storage/model-folders.js';
import type { Secrets } from '../storage/secrets.js';
import type { EngineOptions } from '../compute/engine/index.js';
import type { JobQueue, Lane } from './queue.js';
import type { JobRequests } from './requests.js';
import type { DatasetInspectionRequest, DatasetInspectionVerdict, DatasetRequest, DatasetVerdict } from './dataset/messages.js';
import type { ValidationRequest, Verdict } from './model/messages.js';

/** How models are validated. */
export interface ValidationOptions {
  /** @throws JobFailed where there is no verdict; what `signal` aborts with. */
  validate(request: ValidationRequest, signal: AbortSignal): Promise<Verdict>;
  readonly archives: ArchiveLimits;
  readonly engine: Omit<EngineOptions, 'log'>;
  readonly limits: Partial<ModelLimits>;
  readonly remote: RemotePolicy;
}

/** How uploaded data sets are read. */
export interface DatasetReading {
  /** @throws JobFailed where there is no verdict; what `signal` aborts with. */
  read(request: DatasetRequest, signal: AbortSignal): Promise<DatasetVerdict>;
  /** The same for a look. */
  inspect(request: DatasetInspectionRequest, signal: AbortSignal): Promise<DatasetInspectionVerdict>;
  readonly archives: ArchiveLimits;
  readonly limits: UploadLimits;
}

/** What a data set's files are wanted for. */
export interface DatasetUse {
  /** They hold what is fetched. Default: for two minutes at least. */
  readonly folders?: ModelFolders;
  /** Whether an uploaded one is to be a file of this machine, since all of it is read, and more than once. Default: what is read of it is fetched. */
  readonly wholeFile?: boolean;
}

/** What a data set's files are found by. */
export type StoredDataset = Pick<Dataset, 'format' | 'split' | 'resizing' | 'artifactId'>;

/** What handlers work with. */
export interface JobEnvironment {
  readonly prisma: DatabaseClient;
  readonly compute: SupervisedCompute;
  readonly artifacts: ArtifactStore;
  readonly modelFolders: ModelFolders;
  readonly queue: JobQueue;
  readonly validation: ValidationOptions;
  readonly datasetReading: DatasetReading;
  readonly secrets: Secrets;
  /** Most examples of a part; see `shardSizeFor`. */
  readonly shardSize: number;
  /** Seconds that a part is to take. */
  readonly partSeconds: number;
  /** Bytes of memory that the process may occupy. */
  readonly computeMemory: number;
  readonly log: Logger;
  /** Of the program. */
  readonly version: string;
  /**
   * Where a data set's files are: on this machine or, of an uploaded one, in the store.
   * @throws DatasetNotHere on a worker that does not have them.
   */
  datasetSource(dataset: StoredDataset, use?: DatasetUse): Promise<DatasetSource>;
}

export interface JobContext extends Omit<JobEnvironment, 'compute' | 'datasetSource'> {
  readonly compute: Compute;
  /** The same, what is fetched being held until the work ends. */
  datasetSource(dataset: StoredDataset, use?: Pick<DatasetUse, 'wholeFile'>): Promise<DatasetSource>;
  readonly jobId: string;
  readonly requests: JobRequests;
  /** Cancels a job in a transaction. */
  cancelIn(tx: Transaction): CancelJob;
  /** Notes how far the part is, now and then, until it is done. */
  report(progress: AttackProgress): void;
  /** Aborts when the job is cancelled, the worker stops, or the queue has given the part to another worker. */
  readonly signal: AbortSignal;
}

/** A part that is to be computed. */
export interface PlannedPart<Input extends object = object> {
  /** What it computes: plain data, on which alone its result depends. */
  readonly input: Input;
  /** Its share of the job's `total`; all parts together have all of it. */
  readonly units: number;
  /** How long it will take, as far as one knows: owners take turns by it. */
  readonly seconds?: number;
  /** Passes of the model that it will take, as far as one knows: its progress is measured by them. */
  readonly passes?: number;
}

/** What a job does next. With neither parts nor jobs to wait for, it finishes. */
export interface Plan<Input extends object = object> {
  readonly parts?: readonly PlannedPart<Input>[];
  /** Whether a GPU would shorten them much. Default: no. */
  readonly gainsByGpu?: boolean;
  /** Jobs that are planned for again when they have ended, each or all of them: `plansAtEachEnd`. */
  readonly waitFor?: readonly string[];
  /** Progress so far, where it is not the sum of parts. */
  readonly done?: number;
  /** Plans again after so many seconds, too: something had no room. */
  readonly againAfter?: number;
}

/** A part in short. */
export type PartSummary = Pick<JobPart, 'position' | 'input' | 'units' | 'seconds' | 'passes'>;

/** What a part leaves until the job has ended. */
export interface PartResult {
  /** Passes of the model that it took. */
  readonly passes?: number;
  /** Plain data. */
  readonly details?: object;
  readonly bytes?: Uint8Array;
  /** Bytes for the artifact store. They are the part's, or those of what `refer` writes. */
  readonly artifact?: {
    readonly bytes: () => Bytes | Promise<Bytes>;
    readonly description: ArtifactDescription;
    refer?(tx: Transaction, id: string): Promise<DroppedArtifacts>;
  };
}

/** Ids of artifacts that the transaction stopped referring to. */
export type DroppedArtifacts = readonly (string | null)[];

/** What comes with a job's final state. */
export interface JobResult {
  write(tx: Transaction): Promise<DroppedArtifacts>;
  /** Artifacts that `write` refers to for the first time; without it they go. */
  readonly artifacts?: readonly string[];
}

/** Takes back, in the same transaction, that a principal wants another job, which is cancelled where nobody else does. @returns what that stopped referring to. */
export type CancelJob = (jobId: string, name: string) => Promise<DroppedArtifacts>;

/** A kind of job. Every function may run again after a crash, on another worker, and must lead to the same. */
export interface JobHandler<Input extends object = object> {
  readonly kind: string;
  /** Which of a worker's lanes computes its parts. */
  readonly lane: Lane;
  /** A job in a few words, for the log. */
  describe(prisma: DatabaseClient, jobId: string): Promise<string>;
  /**
   * What there is to do: called when the job begins, and again when all parts and jobs of the plan before have ended, until nothing is left.
   * @param parts those that are done, in order.
   */
  plan(context: JobContext, job: Job, parts: readonly PartSummary[]): Promise<Plan<Input>>;
  /** Also plans when one of several jobs that it waits for has ended. */
  readonly plansAtEachEnd?: boolean;
  /** Computes one part. Absent where parts are jobs of other kinds. */
  computePart?(context: JobContext, input: Input): Promise<PartResult>;
  /** @returns what to write in the transaction that marks the job as succeeded. @param parts all of them, in order. */
  finish(context: JobContext, parts: readonly JobPart[], job: Job): Promise<JobResult>;
  /** Removes what a job that failed or was cancelled has left behind, apart from its parts. */
  discard(tx: Transaction, jobId: string, cancel: CancelJob): Promise<DroppedArtifacts>;
}

/** The run ends without a verdict on the job: it was cancelled, or another worker continues it. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
}

/** This worker cannot compute the part, another may: files, memory or an engine are missing here. */
export class PartReturned extends Error {
  override readonly name = 'PartReturned';
}

/** Whether compute has come to a verdict: trying again would not help. */
export const isComputeVerdict = (error: unknown): error is ComputeError =>
  error instanceof ComputeError && error.system === undefined && error.code !== 'INTERNAL' && error.code !== 'CANCELLED';

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
