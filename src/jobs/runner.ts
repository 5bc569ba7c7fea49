/**
 * Runs jobs of all kinds on this worker: claims, follows cancellation, records progress, and settles.
 * @module
 */
import { ComputeError } from '../compute/errors.js';
import type { Job } from '../storage/generated/client.js';
import type { JobQueue } from './queue.js';
import { jobHandlers } from './registry.js';
import type { JobRequests } from './requests.js';
import { finishJob } from './finish-job.js';
import { JobFailed, JobInterrupted, type JobContext, type JobEnvironment, type JobHandler } from './types.js';
import { isFinished, type JobWatcher } from './watcher.js';

export interface RunnerOptions {
  /** Runs without any progress after which a job fails. */
  readonly maxAttempts: number;
  readonly requests: JobRequests;
}

export class JobRunner {
  private readonly stopping = new AbortController();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly watcher: JobWatcher,
    private readonly options: RunnerOptions,
  ) {}

  async start(): Promise<void> {
    for (const handler of jobHandlers.values()) {
      await this.queue.work(handler.kind, (jobId, signal) => this.run(handler, jobId, signal));
    }
  }

  /** Interrupts running jobs; they resume from their last step after a restart, or on another worker. */
  stop(): void {
    this.stopping.abort(new JobInterrupted('The worker stops.'));
  }

  private async run(handler: JobHandler, jobId: string, queueSignal: AbortSignal): Promise<void> {
    const { log } = this.environment;
    const job = await this.claim(jobId);
    if (!job) return;
    if (job.attempts > this.options.maxAttempts) {
      return this.fail(
        handler,
        job,
        'RETRIES_EXHAUSTED',
        `The job was started ${job.attempts - 1} times, and its process ended each time before the first step.`,
      );
    }
    const title = await handler.describe(this.environment.prisma, jobId);
    log.info(
      { jobId, attempt: job.attempts },
      job.done > 0 ? `${title}: resumes after ${job.done} of ${job.total} ${job.unit}` : `${title}: starts`,
    );

    const cancelled = new AbortController();
    const unsubscribe = this.watcher.subscribe(jobId, (now) => {
      if (!now || isFinished(now)) cancelled.abort(new JobInterrupted('The job was cancelled.'));
    });
    const signal = AbortSignal.any([queueSignal, this.stopping.signal, cancelled.signal]);
    try {
      const result = await handler.run(this.context(job, title, signal));
      if (await finishJob(this.environment, jobId, { state: 'SUCCEEDED', done: job.total }, result)) log.info({ jobId }, `${title}: done`);
    } catch (error) {
      await this.handleFailure(handler, job, error, signal);
    } finally {
      unsubscribe();
      this.watcher.wake();
    }
  }

  /** Marks the job as running and counts the run. Undefined when it was cancelled, or finished by another worker. */
  private async claim(jobId: string): Promise<Job | undefined> {
    const { prisma } = this.environment;
    const { count } = await prisma.job.updateMany({
      where: { id: jobId, state: { in: ['QUEUED', 'RUNNING'] } },
      data: { state: 'RUNNING', attempts: { increment: 1 } },
    });
    if (count === 0) return undefined;
    await prisma.job.updateMany({ where: { id: jobId, startedAt: null }, data: { startedAt: new Date() } });
    this.watcher.wake();
    return (await prisma.job.findUnique({ where: { id: jobId } })) ?? undefined;
  }

  private context(job: Job, title: string, signal: AbortSignal): JobContext {
    const began = Date.now();
    const log = this.environment.log.child({ jobId: job.id });
    return {
      ...this.environment,
      jobId: job.id,
      watcher: this.watcher,
      requests: this.options.requests,
      signal,
      step: async (done, write) => {
        const msPerUnit = (Date.now() - began) / Math.max(1, done - job.done);
        const eta = new Date(Date.now() + msPerUnit * (job.total - done));
        await this.environment.prisma.$transaction(async (tx) => {
          const { count } = await tx.job.updateMany({ where: { id: job.id, state: 'RUNNING' }, data: { done, eta, attempts: 0 } });
          if (count === 0) throw new JobInterrupted('The job is no longer running.');
          await write(tx);
        });
        this.watcher.wake();
        log.info({ done, total: job.total, unit: job.unit }, `${title}: ${done} of ${job.total} ${job.unit}`);
      },
    };
  }

  /** A verdict on the job is stored; anything that may pass is thrown, and the queue tries again. */
  private async handleFailure(handler: JobHandler, job: Job, error: unknown, signal: AbortSignal): Promise<void> {
    const { log, prisma } = this.environment;
    const now = await prisma.job.findUnique({ where: { id: job.id } });
    if (!now || isFinished(now)) return;
    if (signal.aborted || error instanceof JobInterrupted) {
      // Stopped from outside: that says nothing against the job.
      await prisma.job.updateMany({ where: { id: job.id, attempts: { gt: 0 } }, data: { attempts: { decrement: 1 } } });
      throw new JobInterrupted('The job continues in another run.', { cause: error });
    }
    if (error instanceof JobFailed) {
      if (error.detail) log.warn({ jobId: job.id, detail: error.detail }, error.message);
      return this.fail(handler, job, error.code, error.message);
    }
    if (error instanceof ComputeError && error.code !== 'INTERNAL' && error.code !== 'CANCELLED') {
      return this.fail(handler, job, error.code, error.message);
    }
    log.error({ err: error, jobId: job.id, attempt: now.attempts }, 'job run failed');
    if (now.attempts >= this.options.maxAttempts) {
      return this.fail(
        handler,
        job,
        'INTERNAL',
        `The job failed ${now.attempts} times. The server's log has the reason under this job's id.`,
      );
    }
    throw error;
  }

  private async fail(handler: JobHandler, job: Job, errorCode: string, error: string): Promise<void> {
    await finishJob(this.environment, job.id, { state: 'FAILED', errorCode, error }, { write: (tx) => handler.discard(tx, job.id) });
    this.watcher.wake();
    this.environment.log.warn({ jobId: job.id, kind: job.kind, errorCode, error }, 'job failed');
  }
}
