/**
 * Runs jobs of all kinds on this worker: plans them, claims their parts, follows cancellation, records progress, and ends them.
 * @module
 */
import { ComputeError, ComputeProcessLost, systemCodeOf } from '../compute/errors.js';
import type { AttackProgress } from '../compute/evaluation/index.js';
import { isServerAway } from '../compute/models/index.js';
import { inRequest } from '../request-context.js';
import { traced } from '../tracing.js';
import { releaseArtifacts } from '../storage/artifact-rows.js';
import type { Job } from '../storage/generated/client.js';
import { ArtifactMissing, DatasetNotHere, isStoreTrouble } from '../storage/errors.js';
import { cancelIn, endJob } from './end-job.js';
import { claimPart, type ClaimedPart, isWaiting, storePart, type Stored, writePlan } from './parts.js';
import { lanesOf } from './lanes.js';
import { PartProgress } from './part-progress.js';
import { handlerOf } from './registry.js';
import type { JobRequests } from './requests.js';
import { livingWorkers } from './workers.js';
import { isComputeVerdict, JobFailed, JobInterrupted, PartReturned, type JobContext, type JobEnvironment } from './types.js';
import { isFinished, type JobWatcher } from './watcher.js';

export interface RunnerOptions {
  readonly workerId: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
  /** Failures of a part, or of planning a job, after which the job fails. */
  readonly maxAttempts: number;
  /** Workers that a part may lose before its job fails. */
  readonly maxLosses: number;
  readonly requests: JobRequests;
}

/** A job as this worker knows it. */
interface KnownJob {
  readonly title: string;
  /** What commits have taken that no commit has noted. */
  storeSeconds: number;
}

export class JobRunner {
  private readonly stopping = new AbortController();
  private readonly known = new Map<string, KnownJob>();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly watcher: JobWatcher,
    private readonly options: RunnerOptions,
  ) {}

  async start(): Promise<void> {
    await this.environment.queue.workOnPlans((jobId, signal) => this.advance(jobId, signal));
    for (const lane of lanesOf(this.options.gpu)) {
      await this.environment.queue.workOn(lane, (partId, signal) => this.runPart(partId, signal));
    }
  }

  /** Interrupts running parts; they are computed again after a restart, or on another worker. */
  stop(): void {
    this.stopping.abort(new JobInterrupted('The worker stops.'));
  }

  /** Plans what a job does next, or finishes it. Does nothing while something of it is under way. */
  private async advance(jobId: string, queueSignal: AbortSignal): Promise<void> {
    const { prisma } = this.environment;
    for (let goesOn = true; goesOn;) {
      const job = await prisma.job.findUnique({ where: { id: jobId } });
      if (!job || isFinished(job)) return this.forget(jobId);
      if (job.pending > 0) return;
      const handler = handlerOf(job.kind);
      if (!handler.plansAtEachEnd && (await isWaiting(prisma, jobId))) return;
      goesOn = await forRequestOf(job, 'plan', () =>
        this.following(job, queueSignal, (context) => this.planOrFinish(context, job)).catch((error: unknown) =>
          this.handlePlanFailure(job, error, queueSignal),
        ),
      );
    }
  }

  /** @returns whether there is something to plan again at once. */
  private async planOrFinish(context: JobContext, job: Job): Promise<boolean> {
    const { prisma } = this.environment;
    const known = await this.knownJob(job);
    const handler = handlerOf(job.kind);
    const done = { jobId: job.id, finishedAt: { not: null } };
    const orderBy = { position: 'asc' as const };
    const select = { position: true, input: true, units: true, seconds: true, passes: true };
    const plan = await handler.plan(context, job, await prisma.jobPart.findMany({ where: done, orderBy, select }));
    const { parts = [], waitFor = [], againAfter } = plan;
    if (parts.length > 0 || waitFor.length > 0 || againAfter !== undefined) {
      const waits = await writePlan(this.environment, job, plan);
      this.watcher.wake();
      return !waits;
    }
    const result = await handler.finish(context, await prisma.jobPart.findMany({ where: done, orderBy }), {
      ...job,
      storeSeconds: job.storeSeconds + known.storeSeconds,
    });
    if (await endJob(this.environment, job.id, { state: 'SUCCEEDED', done: job.total }, result)) {
      this.environment.log.info({ jobId: job.id }, `${known.title}: done`);
    }
    this.forget(job.id);
    this.watcher.wake();
    return false;
  }

  private async runPart(partId: string, queueSignal: AbortSignal): Promise<void> {
    const { prisma } = this.environment;
    const part = await claimPart(prisma, partId, this.options.workerId);
    if (!part) {
      // Done by a worker that was gone before it could plan what follows.
      const row = await prisma.jobPart.findUnique({ where: { id: partId }, select: { jobId: true } });
      if (row) await this.advance(row.jobId, queueSignal);
      return;
    }
    return forRequestOf(part.job, 'part', () => this.runClaimed(part, queueSignal));
  }

  private async runClaimed(part: ClaimedPart, queueSignal: AbortSignal): Promise<void> {
    const { prisma } = this.environment;
    if (part.losses > this.options.maxLosses) {
      return this.fail(
        part.job,
        'RETRIES_EXHAUSTED',
        `A part of the job was begun ${part.losses - 1} times, and its worker was gone each time before the end.`,
      );
    }
    await prisma.job.updateMany({ where: { id: part.jobId, state: 'QUEUED' }, data: { state: 'RUNNING' } });
    await prisma.job.updateMany({ where: { id: part.jobId, startedAt: null }, data: { startedAt: new Date() } });
    this.watcher.wake();
    try {
      const { pending } = await this.following(part.job, queueSignal, (context) => this.compute(context, part));
      if (pending === 0) await this.advance(part.jobId, queueSignal);
    } catch (error) {
      await this.handlePartFailure(part, error, queueSignal);
    } finally {
      this.watcher.wake();
    }
  }

  private async compute(context: JobContext, part: ClaimedPart): Promise<Stored> {
    const { job } = part;
    const known = await this.knownJob(job);
    const began = performance.now();
    const compute = this.environment.compute.forPart(part.id, part.crashes);
    const progress = new PartProgress(this.environment, part, () => this.watcher.wake());
    const report = (now: AttackProgress) => progress.report(now);
    const result = await handlerOf(job.kind).computePart!({ ...context, compute, report }, part.input as object);
    await progress.end();
    context.signal.throwIfAborted();
    const computed = performance.now();
    const { storeSeconds } = known;
    known.storeSeconds = 0;
    const { stored, dropped } = await storePart(this.environment, part, result, (computed - began) / 1000, storeSeconds);
    known.storeSeconds += (performance.now() - computed) / 1000;
    await releaseArtifacts(this.environment.prisma, this.environment.artifacts, dropped);
    const { done } = stored;
    this.environment.log.info(
      { jobId: job.id, done, total: job.total, unit: job.unit },
      `${known.title}: ${done} of ${job.total} ${job.unit}`,
    );
    return stored;
  }

  /** Runs work on a job until it is cancelled, the worker stops, or the queue gives it to another. */
  private async following<Result>(job: Job, queueSignal: AbortSignal, work: (context: JobContext) => Promise<Result>): Promise<Result> {
    const cancelled = new AbortController();
    const unsubscribe = this.watcher.subscribe(job.id, (now) => {
      if (!now || isFinished(now)) cancelled.abort(new JobInterrupted('The job was cancelled.'));
    });
    const signal = AbortSignal.any([queueSignal, this.stopping.signal, cancelled.signal]);
    const log = this.environment.log.child({ jobId: job.id });
    const modelFolders = this.environment.modelFolders.lease();
    try {
      return await work({
        ...this.environment,
        modelFolders,
        datasetSource: (dataset, use) => this.environment.datasetSource(dataset, { ...use, folders: modelFolders }),
        log,
        jobId: job.id,
        requests: this.options.requests,
        cancelIn: (tx) => cancelIn(tx, this.environment.queue),
        report: () => {},
        signal,
      });
    } catch (error) {
      // Stopped from outside: that says nothing against the job.
      if (signal.aborted) throw new JobInterrupted('The job continues in another run.', { cause: error });
      throw error;
    } finally {
      modelFolders.release();
      unsubscribe();
    }
  }

  /** A verdict on the job is stored; anything that may pass is thrown, and the queue tries again. */
  private async handlePartFailure(part: ClaimedPart, error: unknown, queueSignal: AbortSignal): Promise<void> {
    const { log, prisma } = this.environment;
    // This worker is there.
    await prisma.jobPart.updateMany({ where: { id: part.id, losses: { gt: 0 } }, data: { losses: { decrement: 1 } } });
    const now = await prisma.job.findUnique({ where: { id: part.jobId } });
    if (!now || isFinished(now)) return this.forget(part.jobId);
    const row = await prisma.jobPart.findUnique({ where: { id: part.id }, select: { finishedAt: true } });
    if (row?.finishedAt) return this.advance(part.jobId, queueSignal);
    if (error instanceof ComputeProcessLost && error.death.system === undefined)
      await prisma.jobPart.update({ where: { id: part.id }, data: { crashes: { increment: 1 } } });
    if (isTrouble(error) || (await this.hasRoomElsewhere(error))) {
      if (!(error instanceof JobInterrupted)) log.warn({ jobId: part.jobId, err: error }, 'a part goes back to the queue');
      throw error;
    }
    const verdict = verdictOf(error);
    if (verdict && !isServerAway(error)) return this.fail(part.job, verdict.code, verdict.message, verdict.detail);
    const { failures } = await prisma.jobPart.update({ where: { id: part.id }, data: { failures: { increment: 1 } } });
    log.error({ err: error, jobId: part.jobId, failures }, 'a part failed');
    if (failures < this.options.maxAttempts) throw error;
    return this.fail(part.job, verdict?.code ?? 'INTERNAL', verdict?.message ?? failedTimes(failures));
  }

  /** Whether the part did not fit into this worker's memory, and another has more. */
  private async hasRoomElsewhere(error: unknown): Promise<boolean> {
    if (!(error instanceof ComputeError) || error.path?.[0] !== MEMORY) return false;
    return (await livingWorkers(this.environment.prisma)).some(({ memory }) => memory > this.environment.computeMemory);
  }

  /** @returns false: another message plans again. */
  private async handlePlanFailure(job: Job, error: unknown, queueSignal: AbortSignal): Promise<false> {
    const { log, prisma } = this.environment;
    const now = await prisma.job.findUnique({ where: { id: job.id } });
    if (!now || isFinished(now)) {
      this.forget(job.id);
      return false;
    }
    // Somebody else has planned.
    if (error instanceof JobInterrupted && !queueSignal.aborted && !this.stopping.signal.aborted) return false;
    if (isTrouble(error)) throw error;
    const verdict = verdictOf(error);
    if (verdict && !isServerAway(error)) {
      await this.fail(job, verdict.code, verdict.message, verdict.detail);
      return false;
    }
    const { attempts } = await prisma.job.update({ where: { id: job.id }, data: { attempts: { increment: 1 } } });
    log.error({ err: error, jobId: job.id, attempts }, 'planning or finishing a job failed');
    if (attempts < this.options.maxAttempts) throw error;
    await this.fail(job, verdict?.code ?? 'INTERNAL', verdict?.message ?? failedTimes(attempts));
    return false;
  }

  private async fail(job: Job, errorCode: string, error: string, detail?: string): Promise<void> {
    const { log } = this.environment;
    await endJob(this.environment, job.id, { state: 'FAILED', errorCode, error });
    this.forget(job.id);
    this.watcher.wake();
    log.warn({ jobId: job.id, kind: job.kind, errorCode, error, detail }, 'job failed');
  }

  private async knownJob(job: Job): Promise<KnownJob> {
    const known = this.known.get(job.id);
    if (known) return known;
    const title = await handlerOf(job.kind).describe(this.environment.prisma, job.id);
    const met = this.known.get(job.id);
    if (met) return met;
    const created = { title, storeSeconds: 0 };
    this.known.set(job.id, created);
    const { done, total, unit } = job;
    this.environment.log.info({ jobId: job.id }, done > 0 ? `${title}: resumes after ${done} of ${total} ${unit}` : `${title}: starts`);
    return created;
  }

  private forget(jobId: string): void {
    this.known.delete(jobId);
  }
}

/** What is logged, and what the job starts, belongs to the request that started the job. */
function forRequestOf<Result>(
  { id, kind, requestId, traceparent }: Job,
  step: 'plan' | 'part',
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = { 'gauntlet.job_id': id, ...(requestId !== null && { 'gauntlet.request_id': requestId }) };
  const run = () => traced(`${kind} ${step}`, { traceparent, attributes }, work);
  return requestId === null ? run() : inRequest({ requestId }, run);
}

/** What a `LIMIT_EXCEEDED` names where memory is what is missing. */
const MEMORY = 'GAUNTLET_COMPUTE_MEMORY';

const failedTimes = (times: number) => `The job failed ${times} times. The server's log has the reason under this job's id.`;

/** Trouble of the infrastructure: no verdict on a job, and no attempt. */
const isTrouble = (error: unknown): boolean =>
  error instanceof JobInterrupted ||
  error instanceof PartReturned ||
  error instanceof DatasetNotHere ||
  // Of a GPU that is gone, say: not of the model.
  (error instanceof ComputeError && error.code === 'ENGINE_UNAVAILABLE') ||
  (error instanceof ComputeProcessLost && error.retriable) ||
  systemCodeOf(error) !== undefined ||
  isStoreTrouble(error);

/** What ends a job for good, if the error does. */
function verdictOf(error: unknown): { code: string; message: string; detail?: string } | undefined {
  if (error instanceof JobFailed) return error;
  if (error instanceof ArtifactMissing)
    return { code: 'ARTIFACT_LOST', message: 'Files that the job needs are lost. Submit or make them again.', detail: error.key };
  return isComputeVerdict(error) ? error : undefined;
}
