/** Cancelling and following jobs. @module */
import { DomainError } from '../../errors.js';
import { cancelFor, endJob } from '../../jobs/end-job.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { Repeater } from '@graphql-yoga/subscription';
import type { JobFeed } from '../../jobs/feed.js';
import type { JobWatcher } from '../../jobs/watcher.js';
import { raiseJob } from '../../jobs/turns.js';
import { livingWorkers } from '../../jobs/workers.js';
import type { Job, Worker } from '../../storage/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import type { Capacity, PrincipalQuotas } from './capacity.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';

/** In which all who follow jobs have noticed what has changed, in milliseconds. */
const SHARED_MS = 500;

export class JobService {
  /** What is being read, or was a moment ago, for who follows jobs. */
  private readonly reads = new Map<string, Promise<readonly unknown[]>>();

  constructor(
    private readonly environment: JobEnvironment,
    private readonly watcher: JobWatcher,
    private readonly feed: JobFeed,
    private readonly capacity: Capacity,
  ) {}

  /** The processes that compute. */
  workers(): Promise<Worker[]> {
    return livingWorkers(this.environment.prisma);
  }

  quotas(principal: Principal): Promise<PrincipalQuotas> {
    return this.capacity.quotas(this.environment.prisma, principal);
  }

  /** Puts the parts of a job before all others, those that are planned later too. */
  async raise(principal: Principal, jobId: string | undefined): Promise<Job> {
    const { prisma, queue } = this.environment;
    const found = jobId && (await prisma.job.findUnique({ where: { id: jobId } }));
    if (!found) throw new DomainError('NOT_FOUND', 'There is no job with this id.', ['jobId']);
    const raised = await prisma.$transaction(async (tx) => {
      const job = await raiseJob(tx, queue, found.id);
      if (job) await recordAudit(tx, principal, 'JOB_RAISED', { type: 'Job', id: job.id, name: job.kind }, { owner: job.owner });
      return job;
    });
    if (!raised) throw new DomainError('JOB_FINISHED', `The job has already finished: ${found.state}.`, ['jobId']);
    return raised;
  }

  /**
   * Takes back that the principal wants the job. Where nobody else does, and for an admin, its state changes at once; a worker that runs it notices and stops.
   * @returns whether it goes on because others asked for the same.
   */
  async cancel(principal: Principal, jobId: string | undefined): Promise<{ job: Job; goesOn: boolean }> {
    const { prisma } = this.environment;
    const job = jobId && (await visibleClient(prisma, principal).job.findUnique({ where: { id: jobId } }));
    if (!job) throw new DomainError('NOT_FOUND', 'There is no job with this id.', ['jobId']);
    const requested = await prisma.jobRequester.count({ where: { jobId: job.id, name: principal.name } });
    if (requested === 0) checkMayChange(principal, job, 'job', ['jobId']);
    const outcome = principal.role === 'ADMIN' ? await this.end(job.id) : await cancelFor(this.environment, job.id, principal.name);
    const now = await prisma.job.findUniqueOrThrow({ where: { id: job.id } });
    if (outcome === 'GOES_ON') return { job: now, goesOn: true };
    if (outcome === 'FINISHED') throw new DomainError('JOB_FINISHED', `The job has already finished: ${now.state}.`, ['jobId']);
    await recordAudit(prisma, principal, 'JOB_CANCELLED', { type: 'Job', id: job.id, name: job.kind }, { owner: job.owner });
    this.watcher.wake();
    return { job: now, goesOn: false };
  }

  /** For all who want it. */
  private async end(jobId: string): Promise<'CANCELLED' | 'FINISHED'> {
    return (await endJob(this.environment, jobId, { state: 'CANCELLED' })) ? 'CANCELLED' : 'FINISHED';
  }

  /** The job at each step, ending with its final state; nothing where there is no such job. */
  watch(jobId: string): AsyncIterable<Job> {
    return this.watcher.watch(jobId);
  }

  /**
   * Reads something again whenever jobs have changed, until nobody listens.
   * @param read gets the ids of the jobs. What it returns is sent, one after the other.
   * @param reader those of one name read the same, so that one reads for all.
   */
  async follow<Item>(read: (jobIds: readonly string[]) => Promise<readonly Item[]>, reader?: string): Promise<AsyncIterable<Item>> {
    const waiting: (readonly string[])[] = [];
    let wake = () => {};
    // Listens before the subscription counts as begun: nothing that changes from now on is missed.
    const unsubscribe = await this.feed.listen((jobIds) => {
      waiting.push(jobIds);
      wake();
    });
    return new Repeater<Item>(async (push, stop) => {
      let isOver = false;
      void stop.then(() => {
        isOver = true;
        unsubscribe();
        wake();
      });
      while (!isOver) {
        const jobIds = [...new Set(waiting.splice(0).flat())];
        if (jobIds.length > 0) for (const item of await this.readOnce(jobIds, read, reader)) await push(item);
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    });
  }

  private readOnce<Item>(
    jobIds: readonly string[],
    read: (jobIds: readonly string[]) => Promise<readonly Item[]>,
    reader: string | undefined,
  ): Promise<readonly Item[]> {
    if (reader === undefined) return read(jobIds);
    const key = `${reader} ${jobIds.join()}`;
    const underWay = this.reads.get(key) as Promise<readonly Item[]> | undefined;
    if (underWay) return underWay;
    const reading = read(jobIds);
    this.reads.set(key, reading);
    const forget = () => setTimeout(() => this.reads.delete(key), SHARED_MS).unref();
    void reading.then(forget, forget);
    return reading;
  }
}
