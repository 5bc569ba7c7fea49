/** What the database knows about how the whole does: for the metrics of any server. @module */
import { engineOf } from '../../storage/json.js';
import { livingWorkers } from '../../jobs/workers.js';
import type { DatabaseClient } from '../../storage/database.js';
import { SERVER } from '../token/principal.js';
import { storageUse, type StorageUse } from '../storage/storage-use.js';

export interface WaitingParts {
  readonly kind: string;
  readonly count: number;
  /** Since the oldest of them has been in the queue. */
  readonly seconds: number;
}

/** Parts that nobody computes, by kind of job. */
export const waitingParts = (prisma: DatabaseClient): Promise<WaitingParts[]> =>
  prisma.$queryRaw<WaitingParts[]>`
    SELECT j."kind", count(*)::int AS "count", greatest(0, extract(epoch FROM now() - min(q.created_on)))::float8 AS "seconds"
    FROM queue.job q JOIN "JobPart" p ON p."id" = q.id AND p."finishedAt" IS NULL JOIN "Job" j ON j."id" = p."jobId"
    WHERE q.state IN ('created', 'retry') GROUP BY 1`;

/** Failed jobs in the database. */
export async function failedJobs(prisma: DatabaseClient): Promise<{ kind: string; code: string; count: number }[]> {
  const rows = await prisma.job.groupBy({ by: ['kind', 'errorCode'], where: { state: 'FAILED' }, _count: { _all: true } });
  return rows.map(({ kind, errorCode, _count }) => ({ kind, code: errorCode ?? 'UNKNOWN', count: _count._all }));
}

/** Living workers by engine. */
export async function workersByEngine(prisma: DatabaseClient): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const worker of await livingWorkers(prisma)) {
    const { kind, provider } = engineOf(worker)!;
    counts.set(`${kind}:${provider}`, (counts.get(`${kind}:${provider}`) ?? 0) + 1);
  }
  return counts;
}

/** Seconds that an owner's parts have taken, of all days. */
export async function computeSeconds(prisma: DatabaseClient): Promise<{ owner: string; seconds: number }[]> {
  const rows = await prisma.computeUse.groupBy({ by: ['owner'], _sum: { seconds: true } });
  return rows.map(({ owner, _sum }) => ({ owner, seconds: _sum.seconds ?? 0 }));
}

/** Space of all owners. */
export const storedBytes = (prisma: DatabaseClient): Promise<StorageUse[]> => storageUse(prisma, SERVER);
