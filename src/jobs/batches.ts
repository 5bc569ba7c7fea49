/**
 * Requests for many jobs make them in several transactions, so that others do not wait for all of them: the embedded database has one connection. In the end all
 * of the jobs are there or none: what a request has made whose process was killed is deleted, and nobody counts on it before.
 * @module
 */
import type { DatabaseClient, Transaction } from '../storage/database.js';

/** After which a request that makes no more jobs is one whose process is gone. */
const STALE_MS = 60_000;

/** Jobs that are deleted in one transaction. */
const CHUNK = 50;

const staleAt = () => new Date(Date.now() - STALE_MS);

/** The process was held up for so long that another has deleted what the batch had made. */
export class BatchLost extends Error {
  override readonly name = 'BatchLost';
}

/** In each transaction that makes jobs of a batch. @throws BatchLost */
export async function touchBatch(tx: Transaction, id: string): Promise<void> {
  const { count } = await tx.jobBatch.updateMany({ where: { id, aliveAt: { gt: staleAt() } }, data: { aliveAt: new Date() } });
  if (count === 0) throw new BatchLost();
}

/** All jobs of a batch are there: from now on they are like others. @throws BatchLost */
export async function completeBatch(tx: Transaction, id: string): Promise<void> {
  const { count } = await tx.jobBatch.deleteMany({ where: { id, aliveAt: { gt: staleAt() } } });
  if (count === 0) throw new BatchLost();
}

/** Deletes a batch with the evaluations that it has made. */
export async function dropBatch(prisma: DatabaseClient, id: string): Promise<void> {
  // Whoever still makes some of it notices. One that is complete is gone.
  const { count } = await prisma.jobBatch.updateMany({ where: { id }, data: { aliveAt: new Date(0) } });
  if (count === 0) return;
  for (;;) {
    const jobs = await prisma.job.findMany({ where: { batchId: id }, select: { id: true }, take: CHUNK });
    if (jobs.length === 0) break;
    const ids = { in: jobs.map((job) => job.id) };
    await prisma.$transaction([prisma.evaluation.deleteMany({ where: { jobId: ids } }), prisma.job.deleteMany({ where: { id: ids } })]);
  }
  await prisma.jobBatch.deleteMany({ where: { id } });
}

/** Deletes batches whose processes are gone. @param before when they last made something. @returns how many. */
export async function dropStaleBatches(prisma: DatabaseClient, before = staleAt()): Promise<number> {
  const stale = await prisma.jobBatch.findMany({ where: { aliveAt: { lte: before } }, select: { id: true } });
  for (const { id } of stale) await dropBatch(prisma, id);
  return stale.length;
}
