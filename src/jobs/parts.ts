/** Rows of parts: planned, claimed and stored. @module */
import { withArtifact } from '../storage/artifact-rows.js';
import type { DatabaseClient, Transaction } from '../storage/database.js';
import { type Job, type JobPart, Prisma } from '../storage/generated/client.js';
import { toJson } from '../storage/json.js';
import { laneOf } from './lanes.js';
import { handlerOf } from './registry.js';
import { turnsOf } from './turns.js';
import { type DroppedArtifacts, type JobEnvironment, JobInterrupted, type PartResult, type Plan } from './types.js';

/** A part with its job. */
export type ClaimedPart = JobPart & { readonly job: Job };

/**
 * Writes what a plan leads to, in one transaction with the messages.
 * @returns false where the job is to be planned again at once, as jobs that it was to wait for have ended in the meantime.
 * @throws JobInterrupted where the job has ended, or somebody else has planned.
 */
export async function writePlan({ prisma, queue }: JobEnvironment, job: Job, plan: Plan): Promise<boolean> {
  const { parts = [], waitFor = [], done, againAfter } = plan;
  return prisma.$transaction(async (tx) => {
    const { count } = await tx.job.updateMany({
      where: { id: job.id, planned: job.planned, pending: 0, state: { in: ['QUEUED', 'RUNNING'] } },
      data: {
        planned: { increment: parts.length },
        pending: parts.length,
        attempts: 0,
        ...(done === undefined ? {} : { done, progress: done }),
      },
    });
    if (count === 0) throw new JobInterrupted('The job has ended, or is planned already.');
    if (parts.length > 0) {
      const { lane: ofKind } = handlerOf(job.kind);
      const lane = await laneOf(tx, job, ofKind, plan.gainsByGpu ?? false);
      const turns = await turnsOf(tx, job.owner, job.raised, parts);
      const rows = await tx.jobPart.createManyAndReturn({
        data: parts.map(({ input, units, passes }, i) => {
          return { jobId: job.id, position: job.planned + i, input: toJson(input), units, passes, lane, turn: turns[i]! };
        }),
        select: { id: true, lane: true, turn: true },
      });
      await queue.send(
        tx,
        rows.map((row) => ({ ...row, owner: job.owner })),
      );
    }
    if (againAfter !== undefined) await queue.planAfter(tx, againAfter, [job.id]);
    const alive = await waitForJobs(tx, job.id, waitFor);
    // Of those that ended while it planned, nobody has told the job.
    const waits = handlerOf(job.kind).plansAtEachEnd ? alive > 0 && alive === new Set(waitFor).size : alive > 0;
    return parts.length > 0 || waits || againAfter !== undefined;
  });
}

/** @returns how many of the jobs have not ended. */
async function waitForJobs(tx: Transaction, jobId: string, waitFor: readonly string[]): Promise<number> {
  if (waitFor.length === 0) return 0;
  // Locked, so that none ends before it is known who waits for it.
  const alive = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "Job" WHERE "id" = ANY(${[...waitFor]}::uuid[]) AND "state" IN ('QUEUED', 'RUNNING') ORDER BY "id" FOR UPDATE`;
  await tx.jobWait.createMany({ data: alive.map(({ id: onId }) => ({ jobId, onId })), skipDuplicates: true });
  return alive.length;
}

/** Whether a job that this one waits for has not ended. */
export async function isWaiting(prisma: DatabaseClient, jobId: string): Promise<boolean> {
  return (await prisma.jobWait.count({ where: { jobId, on: { state: { in: ['QUEUED', 'RUNNING'] } } } })) > 0;
}

/** Marks a part as begun, and its job as running. Undefined where the part is done, or the job has ended. */
export async function claimPart(prisma: DatabaseClient, id: string, workerId: string): Promise<ClaimedPart | undefined> {
  const { count } = await prisma.jobPart.updateMany({
    where: { id, finishedAt: null, job: { state: { in: ['QUEUED', 'RUNNING'] } } },
    data: { workerId, startedAt: new Date(), losses: { increment: 1 }, share: 0, stage: null },
  });
  if (count === 0) return undefined;
  return (await prisma.jobPart.findUnique({ where: { id }, include: { job: true } })) ?? undefined;
}

/** Where a part leaves its job. */
export interface Stored {
  /** Parts that are still to be done. */
  readonly pending: number;
  readonly done: number;
}

/**
 * Commits what a part has come to with its job's progress, in one transaction.
 * @param storeSeconds what earlier commits of this worker for the job took.
 * @throws JobInterrupted where the job is no longer running, or another worker has done the part; nothing is written then.
 */
export async function storePart(
  { prisma, artifacts }: JobEnvironment,
  part: ClaimedPart,
  result: PartResult,
  seconds: number,
  storeSeconds: number,
): Promise<{ stored: Stored; dropped: DroppedArtifacts }> {
  const { passes, details, bytes, artifact } = result;
  const commit = (artifactId?: string) =>
    prisma.$transaction(async (tx) => {
      const stored = await addProgress(tx, part, storeSeconds);
      const data = {
        finishedAt: new Date(),
        seconds,
        passes,
        share: 1,
        details: details && toJson(details),
        bytes: bytes && new Uint8Array(bytes),
        artifactId: artifact?.refer ? undefined : artifactId,
      };
      const { count } = await tx.jobPart.updateMany({ where: { id: part.id, finishedAt: null }, data });
      if (count === 0) throw new JobInterrupted('Another worker has done the part.');
      await addUse(tx, part.job.owner, seconds);
      return { stored, dropped: (await artifact?.refer?.(tx, artifactId!)) ?? [] };
    });
  return artifact ? withArtifact(prisma, artifacts, artifact.bytes, artifact.description, commit) : commit();
}

/** When a job should be done, going by its speed so far. @param done units. */
const etaOf = (done: Prisma.Sql) => Prisma.sql`CASE WHEN ${done} > 0
  THEN (now() + (now() AT TIME ZONE 'utc' - "startedAt") * greatest(0, "total" / ${done} - 1)) AT TIME ZONE 'utc' END`;

/** Notes how far a part is that is not done: what clients see of its job, and when that should be done. */
export async function noteProgress(prisma: DatabaseClient, part: ClaimedPart, share: number, stage: string | undefined): Promise<void> {
  const { count } = await prisma.jobPart.updateMany({ where: { id: part.id, finishedAt: null }, data: { share, stage: stage ?? null } });
  if (count === 0) return;
  await prisma.$executeRaw`
    UPDATE "Job" j SET "updatedAt" = now() AT TIME ZONE 'utc', "eta" = ${etaOf(Prisma.sql`s."done"`)}
    FROM (SELECT j2."progress" + coalesce(sum(p."units" * p."share"), 0) AS "done" FROM "Job" j2
        LEFT JOIN "JobPart" p ON p."jobId" = j2."id" AND p."finishedAt" IS NULL WHERE j2."id" = ${part.jobId}::uuid GROUP BY j2."id") s
    WHERE j."id" = ${part.jobId}::uuid AND j."state" = 'RUNNING'`;
}

async function addProgress(tx: Transaction, { job, units }: ClaimedPart, storeSeconds: number): Promise<Stored> {
  // The row of the job first, as whoever ends it does.
  const [row] = await tx.$queryRaw<Stored[]>`
    UPDATE "Job" SET "pending" = "pending" - 1, "progress" = "progress" + ${units},
      "done" = least("total", floor("progress" + ${units} + 1e-6)), "storeSeconds" = "storeSeconds" + ${storeSeconds},
      "eta" = ${etaOf(Prisma.sql`("progress" + ${units})`)},
      "updatedAt" = now() AT TIME ZONE 'utc'
    WHERE "id" = ${job.id}::uuid AND "state" = 'RUNNING' RETURNING "pending", "done"`;
  if (!row) throw new JobInterrupted('The job is no longer running.');
  return row;
}

async function addUse(tx: Transaction, owner: string, seconds: number): Promise<void> {
  await tx.$executeRaw`INSERT INTO "ComputeUse" ("owner", "day", "seconds") VALUES (${owner}, (now() AT TIME ZONE 'utc')::date, ${seconds})
    ON CONFLICT ("owner", "day") DO UPDATE SET "seconds" = "ComputeUse"."seconds" + ${seconds}`;
}
