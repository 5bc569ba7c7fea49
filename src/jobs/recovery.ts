/** Puts jobs back into the queue that it has lost: a killed process, an exhausted retry, a restored backup. @module */
import type { DatabaseClient, Transaction } from '../storage/database.js';
import type { JobQueue } from './queue.js';
import { jobHandlers } from './registry.js';

/** Younger jobs may be in the act of being queued. */
const GRACE_MS = 60_000;

/**
 * At the start of the only process on its database: what is marked as running was running in a process that is gone, and is queued again
 * at once, without waiting for its heartbeat to expire.
 * @returns ids of the jobs that resume.
 */
export async function recoverEmbedded(prisma: DatabaseClient, queue: JobQueue): Promise<string[]> {
  const running = await prisma.job.findMany({
    where: { state: 'RUNNING' },
    select: { id: true, kind: true },
    orderBy: { createdAt: 'asc' },
  });
  for (const { id, kind } of running) await prisma.$transaction((tx) => requeue(tx, queue, kind, id));
  return running.map(({ id }) => id);
}

/** Any process, now and then. @returns ids of the jobs that were lost. */
export async function recoverLost(prisma: DatabaseClient, queue: JobQueue): Promise<string[]> {
  const lost: string[] = [];
  for (const kind of jobHandlers.keys()) {
    const pending = await prisma.job.findMany({
      where: { kind, state: { in: ['QUEUED', 'RUNNING'] }, createdAt: { lt: new Date(Date.now() - GRACE_MS) } },
      select: { id: true },
    });
    if (pending.length === 0) continue;
    const ids = pending.map(({ id }) => id);
    const alive = await queue.alive(kind, ids);
    for (const id of ids.filter((candidate) => !alive.has(candidate))) {
      if (await requeueLost(prisma, queue, kind, id)) lost.push(id);
    }
  }
  return lost;
}

/** Of several processes that miss a job at the same time, one queues it: another would take it from the worker that has it by then. */
async function requeueLost(prisma: DatabaseClient, queue: JobQueue, kind: string, id: string): Promise<boolean> {
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`lost ${id}`}, 0))`;
    if ((await queue.alive(kind, [id], tx)).size > 0) return false;
    await requeue(tx, queue, kind, id);
    return true;
  });
}

async function requeue(tx: Transaction, queue: JobQueue, kind: string, id: string): Promise<void> {
  await queue.remove(tx, kind, id);
  await queue.send(tx, kind, id);
}
