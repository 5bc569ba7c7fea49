/** Cancelling and following jobs. @module */
import { jobHandlers } from '../../jobs/registry.js';
import { settle } from '../../jobs/settle.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { JobWatcher } from '../../jobs/watcher.js';
import { JobFinishedError, NotFoundError } from '../../schema/errors/index.js';
import type { Job } from '../../storage/generated/client.js';
import { checkMayChange, type Principal } from '../token/principal.js';
import { Refused } from '../refused.js';
import { visibleClient } from '../access/visibility.js';

export class JobService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly watcher: JobWatcher,
  ) {}

  /** The state changes at once; a worker that runs the job notices and stops. */
  async cancel(principal: Principal, jobId: string | undefined): Promise<Job> {
    const { prisma } = this.environment;
    const job = jobId && (await visibleClient(prisma, principal).job.findUnique({ where: { id: jobId } }));
    if (!job) throw new Refused(new NotFoundError('There is no job with this id.', ['jobId']));
    checkMayChange(principal, job, 'job', ['jobId']);
    const handler = jobHandlers.get(job.kind);
    const cancelled = await settle(
      this.environment,
      job.id,
      { state: 'CANCELLED' },
      { write: async (tx) => handler?.discard(tx, job.id) ?? [] },
    );
    const now = await prisma.job.findUniqueOrThrow({ where: { id: job.id } });
    if (!cancelled) throw new Refused(new JobFinishedError(`The job has already finished: ${now.state}.`, ['jobId']));
    this.watcher.wake();
    return now;
  }

  /** The job at each step, ending with its final state; nothing where there is no such job. */
  watch(jobId: string): AsyncIterable<Job> {
    return this.watcher.watch(jobId);
  }
}
