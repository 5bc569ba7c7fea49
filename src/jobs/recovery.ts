/** Puts into the queue what it has lost: a killed process, a restored backup. @module */
import type { DatabaseClient } from '../storage/database.js';
import { dropStaleBatches } from './batches.js';
import type { JobQueue } from './queue.js';

/** What is younger may be in the act of being queued. */
const GRACE_MS = 60_000;

/**
 * At the start of the only process on its database: what was in the hands of a process was in those of one that is gone, and is queued again at once, without
 * waiting for its heartbeat to expire.
 * @returns ids of the jobs that resume.
 */
export async function recoverEmbedded(prisma: DatabaseClient, queue: JobQueue): Promise<string[]> {
  await prisma.$transaction((tx) => queue.forgetActive(tx));
  await dropStaleBatches(prisma, new Date());
  return recover(prisma, queue, new Date());
}

/** Any process, now and then. @returns ids of the jobs of which something was lost. */
export async function recoverLost(prisma: DatabaseClient, queue: JobQueue): Promise<string[]> {
  await dropStaleBatches(prisma);
  return recover(prisma, queue, new Date(Date.now() - GRACE_MS));
}

async function recover(prisma: DatabaseClient, queue: JobQueue, before: Date): Promise<string[]> {
  const jobs = await prisma.job.findMany({
    where: { id: { in: await queue.withoutMessages() }, createdAt: { lte: before }, updatedAt: { lte: before } },
    select: { id: true, pending: true },
    orderBy: { createdAt: 'asc' },
  });
  const lost: string[] = [];
  for (const { id, pending } of jobs) {
    if (await (pending > 0 ? requeueParts(prisma, queue, id) : requeuePlan(prisma, queue, id))) lost.push(id);
  }
  return lost;
}

/** Of several processes that miss a part at the same time, one queues it: another would take it from the worker that has it by then. */
function requeueParts(prisma: DatabaseClient, queue: JobQueue, jobId: string): Promise<boolean> {
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`lost ${jobId}`}, 0))`;
    const parts = await tx.jobPart.findMany({
      where: { jobId, finishedAt: null },
      select: { id: true, lane: true, turn: true, job: { select: { owner: true } } },
    });
    const alive = await queue.alive(
      tx,
      parts.map(({ id }) => id),
    );
    const missing = parts.filter(({ id }) => !alive.has(id));
    // Rows of the queue that are done would be in the way.
    await queue.remove(tx, missing);
    await queue.send(
      tx,
      missing.map(({ job: { owner }, ...part }) => ({ ...part, owner })),
    );
    return missing.length > 0;
  });
}

/** A job that waits for others is planned when they end, and none is lost by planning once more. */
function requeuePlan(prisma: DatabaseClient, queue: JobQueue, jobId: string): Promise<boolean> {
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`lost ${jobId}`}, 0))`;
    const alive = { in: ['QUEUED' as const, 'RUNNING' as const] };
    const job = await tx.job.findFirst({ where: { id: jobId, state: alive, pending: 0, waitsFor: { none: { on: { state: alive } } } } });
    if (!job || (await queue.isPlanned(jobId, tx))) return false;
    await queue.plan(tx, jobId);
    return true;
  });
}
