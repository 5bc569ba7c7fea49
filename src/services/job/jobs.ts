/** Cancelling and following jobs. @module */
import { DomainError } from '../../errors.js';
import { endJob } from '../../jobs/end-job.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { JobWatcher } from '../../jobs/watcher.js';
import { raiseJob } from '../../jobs/turns.js';
import { livingWorkers } from '../../jobs/workers.js';
import type { Job, Worker } from '../../storage/generated/client.js';
import type { Capacity, PrincipalQuotas } from './capacity.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';

export class JobService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly watcher: JobWatcher,
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
  async raise(jobId: string | undefined): Promise<Job> {
    const { prisma, queue } = this.environment;
    const found = jobId && (await prisma.job.findUnique({ where: { id: jobId } }));
    if (!found) throw new DomainError('NOT_FOUND', 'There is no job with this id.', ['jobId']);
    const raised = await prisma.$transaction((tx) => raiseJob(tx, queue, found.id));
    if (!raised) throw new DomainError('JOB_FINISHED', `The job has already finished: ${found.state}.`, ['jobId']);
    return raised;
  }

  /** The state changes at once; a worker that runs the job notices and stops. */
  async cancel(principal: Principal, jobId: string | undefined): Promise<Job> {
    const { prisma } = this.environment;
    const job = jobId && (await visibleClient(prisma, principal).job.findUnique({ where: { id: jobId } }));
    if (!job) throw new DomainError('NOT_FOUND', 'There is no job with this id.', ['jobId']);
    checkMayChange(principal, job, 'job', ['jobId']);
    const cancelled = await endJob(this.environment, job.id, { state: 'CANCELLED' });
    const now = await prisma.job.findUniqueOrThrow({ where: { id: job.id } });
    if (!cancelled) throw new DomainError('JOB_FINISHED', `The job has already finished: ${now.state}.`, ['jobId']);
    this.watcher.wake();
    return now;
  }

  /** The job at each step, ending with its final state; nothing where there is no such job. */
  watch(jobId: string): AsyncIterable<Job> {
    return this.watcher.watch(jobId);
  }
}
