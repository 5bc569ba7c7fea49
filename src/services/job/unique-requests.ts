/** Requests that are made again, also in the same moment, have one job: that of the first. @module */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import { dropStaleBatches } from '../../jobs/batches.js';
import { isFinished } from '../../jobs/watcher.js';
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import { isConflict, isUniqueViolation } from '../../storage/errors.js';
import type { Job, Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

/** A retry finds what another request has queued; one that names many jobs may meet several others. */
const AGAIN = { retries: 10, minTimeout: 1, maxTimeout: 50, randomize: true };

/** Between two looks whether another request has made all of its jobs. */
const LOOK_MS = 50;

/** SHA-256 of a request, the `activeRequestHash` of its job. @param parts what is requested, as plain data: ids of rows, and values. */
export const hashOf = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The rows of jobs that answer a request. */
export const answering = (...hashes: readonly string[]) => ({ job: { activeRequestHash: { in: [...hashes] } } });

/** A job that was found has ended in the meantime. */
class JobEnded extends Error {}

/** A job that was found belongs to a request that has not made all of its own, and may not come to its end. */
class BatchUnderWay extends Error {}

/**
 * Finds or queues jobs in a transaction.
 * @param work creates jobs with an `activeRequestHash` where it finds none, and joins those that it finds. It runs again where another request has created the
 * same in the meantime.
 */
export async function withUniqueJobs<Result>(prisma: DatabaseClient, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const shouldRetry = ({ error }: { error: Error }) => isUniqueViolation(error) || isConflict(error) || error instanceof JobEnded;
  for (;;) {
    try {
      return await pRetry(() => prisma.$transaction(work), { ...AGAIN, shouldRetry });
    } catch (error) {
      if (!(error instanceof BatchUnderWay)) throw error;
      await setTimeout(LOOK_MS);
      await dropStaleBatches(prisma);
    }
  }
}

/** Has `withUniqueJobs` run its work again when no such batch is under way. */
export async function checkNoBatch(tx: Transaction, where: Prisma.JobBatchWhereInput): Promise<void> {
  if ((await tx.jobBatch.count({ where })) > 0) throw new BatchUnderWay();
}

/**
 * Notes that a principal wants jobs which a request of its has found: as long as they are alive, nobody else's cancelling ends them.
 * @param batchId of the request's own jobs, where it makes them in several transactions.
 */
export async function joinJobs(tx: Transaction, { name }: Principal, found: readonly Job[], batchId?: string): Promise<void> {
  const batchIds = [...new Set(found.flatMap((job) => (job.batchId === null || job.batchId === batchId ? [] : [job.batchId])))];
  if (batchIds.length > 0) await checkNoBatch(tx, { id: { in: batchIds } });
  const ids = found.filter((job) => !isFinished(job) && job.owner !== name).map(({ id }) => id);
  if (ids.length === 0) return;
  // Locked: who cancels them does so before, or sees who has joined.
  const alive = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "Job" WHERE "id" = ANY(${ids}::uuid[]) AND "state" IN ('QUEUED', 'RUNNING') ORDER BY "id" FOR UPDATE`;
  if (alive.length < ids.length) throw new JobEnded();
  await tx.jobRequester.createMany({ data: alive.map(({ id }) => ({ jobId: id, name })), skipDuplicates: true });
}
