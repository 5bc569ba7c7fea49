/** Jobs that wait for jobs of other kinds. @module */
import { setMaxListeners } from 'node:events';
import type { Job } from '../storage/generated/client.js';
import { JobInterrupted, type JobContext } from './types.js';
import { isFinished } from './watcher.js';

/**
 * Waits until all of these jobs have ended, in whichever process they run. A job may not wait for its own kind: a worker runs one of each kind at a time.
 * @returns the jobs as they ended; one that was deleted is missing.
 * @throws JobInterrupted when this worker stops first.
 */
export async function jobsSettled(context: JobContext, jobIds: readonly string[]): Promise<Job[]> {
  // A listener for each job is no leak, however many Node suspects.
  setMaxListeners(0, context.signal);
  await Promise.all(jobIds.map((jobId) => ended(context, jobId)));
  const jobs = await context.prisma.job.findMany({ where: { id: { in: [...jobIds] } } });
  // A watcher that closes ends all watches.
  if (!jobs.every(isFinished)) throw new JobInterrupted('The worker stops.');
  return jobs;
}

function ended({ watcher, signal }: JobContext, jobId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      unsubscribe();
      reject(signal.reason as Error);
    };
    const unsubscribe = watcher.subscribe(jobId, (job) => {
      if (job && !isFinished(job)) return;
      signal.removeEventListener('abort', onAbort);
      unsubscribe();
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
