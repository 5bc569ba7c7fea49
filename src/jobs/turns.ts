/**
 * Fair turns: owners share the workers equally, whoever has queued how much, by start-time fair queueing (Goyal, Vin and Cheng 1996). Each part has a turn, a
 * number of seconds: where the parts of its owner before it end, or where the queue as a whole stands, whichever is later. Parts are taken by rising turns.
 * @module
 */
import type { Transaction } from '../storage/database.js';
import { type Job, Prisma } from '../storage/generated/client.js';
import type { JobQueue } from './queue.js';
import type { PlannedPart } from './types.js';

/** Parts of raised jobs come before all others, in turns of their own. */
const RAISED = -1_000_000_000;

/** @returns the turn of each part, in order. @param raised whether their job comes before those of all owners. */
export async function turnsOf(tx: Transaction, owner: string, raised: boolean, parts: readonly PlannedPart[]): Promise<number[]> {
  const base = raised ? RAISED : 0;
  const same = raised ? Prisma.sql`p."turn" < 0` : Prisma.sql`p."turn" >= 0`;
  const [row] = await tx.$queryRaw<[{ now: number | null; own: number | null }]>`
    SELECT (SELECT min(p."turn") FROM "JobPart" p WHERE p."finishedAt" IS NULL AND ${same}) AS now,
      (SELECT max(p."turn") FROM "Job" j JOIN "JobPart" p ON p."jobId" = j."id" AND p."finishedAt" IS NULL AND ${same}
        WHERE j."owner" = ${owner} AND j."state" IN ('QUEUED', 'RUNNING')) AS own`;
  let turn = Math.max(row.now ?? base, row.own === null ? base : row.own + 1);
  return parts.map(({ seconds = 1 }) => {
    const own = turn;
    turn += Math.max(1, Math.round(seconds));
    return own;
  });
}

/** Puts a job before all others. @returns undefined where it has ended. */
export async function raiseJob(tx: Transaction, queue: JobQueue, jobId: string): Promise<Job | undefined> {
  const { count } = await tx.job.updateMany({ where: { id: jobId, state: { in: ['QUEUED', 'RUNNING'] } }, data: { raised: true } });
  if (count === 0) return undefined;
  const job = await tx.job.findUniqueOrThrow({ where: { id: jobId } });
  const parts = await tx.jobPart.findMany({ where: { jobId, finishedAt: null, turn: { gte: 0 } }, orderBy: { position: 'asc' } });
  const turns = await turnsOf(
    tx,
    job.owner,
    true,
    parts.map(({ input, units }) => ({ input: input as object, units })),
  );
  const moved = parts.map(({ id, lane }, i) => ({ id, lane, turn: turns[i]! }));
  for (const { id, turn } of moved) await tx.jobPart.update({ where: { id }, data: { turn } });
  await queue.reorder(tx, moved);
  return job;
}
