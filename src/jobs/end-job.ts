/** The one way in which a job reaches a final state, for every kind and for every reason. @module */
import { releaseArtifacts } from '../storage/artifact-rows.js';
import type { Transaction } from '../storage/database.js';
import type { Prisma } from '../storage/generated/client.js';
import { storable } from '../storage/text.js';
import type { JobQueue } from './queue.js';
import { leaveJob } from './requesters.js';
import { handlerOf } from './registry.js';
import { notifyWebhooks } from './webhooks.js';
import type { CancelJob, DroppedArtifacts, JobEnvironment, JobResult } from './types.js';

type Outcome = Pick<Prisma.JobUpdateManyMutationInput, 'done' | 'errorCode'> & {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly error?: string;
};

/**
 * Writes the outcome and what comes with it in one transaction. Errors quote files, which may hold anything.
 * @param result of a job that has succeeded; of others, what they leave behind is discarded.
 * @returns false, with nothing written, where the job is finished already.
 */
export async function endJob(
  { prisma, artifacts, queue }: Pick<JobEnvironment, 'prisma' | 'artifacts' | 'queue'>,
  jobId: string,
  outcome: Outcome,
  result?: JobResult,
): Promise<boolean> {
  let dropped: DroppedArtifacts | undefined;
  try {
    dropped = await prisma.$transaction((tx) => endJobIn(tx, queue, jobId, outcome, result));
    return dropped !== undefined;
  } finally {
    await releaseArtifacts(prisma, artifacts, [...(dropped ?? []), ...(result?.artifacts ?? [])]);
  }
}

/**
 * The same in a transaction. What waits for the job goes on; its parts go. One that did not succeed answers no request any more.
 * @returns artifacts that nothing may refer to any more; undefined, with nothing written, where the job is finished already.
 */
async function endJobIn(
  tx: Transaction,
  queue: JobQueue,
  jobId: string,
  { error, ...outcome }: Outcome,
  result?: JobResult,
): Promise<DroppedArtifacts | undefined> {
  const { count } = await tx.job.updateMany({
    where: { id: jobId, state: { in: ['QUEUED', 'RUNNING'] } },
    data: {
      ...outcome,
      error: error && storable(error),
      finishedAt: new Date(),
      eta: null,
      pending: 0,
      ...(outcome.state === 'SUCCEEDED' ? {} : { activeRequestHash: null }),
    },
  });
  if (count === 0) return undefined;
  const { kind, owner } = await tx.job.findUniqueOrThrow({ where: { id: jobId }, select: { kind: true, owner: true } });
  const handler = handlerOf(kind);
  const dropped = result ? await result.write(tx) : await handler.discard(tx, jobId, cancelIn(tx, queue));
  const parts = await tx.jobPart.findMany({ where: { jobId }, select: { id: true, lane: true, finishedAt: true, artifactId: true } });
  const waiting = parts.filter(({ finishedAt }) => finishedAt === null);
  await queue.remove(tx, waiting);
  await tx.jobPart.deleteMany({ where: { jobId } });
  await tx.jobWait.deleteMany({ where: { jobId } });
  await notifyWebhooks(tx, queue, { id: jobId, kind, owner });
  for (const { jobId: waitingId } of await tx.jobWait.findMany({ where: { onId: jobId } })) await queue.plan(tx, waitingId);
  return [...dropped, ...parts.map(({ artifactId }) => artifactId)];
}

/** Cancels a job in a transaction, whoever wants it. One that has ended keeps what it has. */
export const abandonIn = async (tx: Transaction, queue: JobQueue, jobId: string): Promise<DroppedArtifacts> =>
  (await endJobIn(tx, queue, jobId, { state: 'CANCELLED' })) ?? [];

/** How jobs cancel others. One that others want, or that has ended, keeps what it has. */
export const cancelIn =
  (tx: Transaction, queue: JobQueue): CancelJob =>
  async (jobId, name) =>
    (await leaveJob(tx, jobId, name)) ? [] : abandonIn(tx, queue, jobId);

/**
 * Takes back that a principal wants a job, which is cancelled where nobody else does.
 * @returns whether it is cancelled now, goes on, or had finished before.
 */
export async function cancelFor(
  { prisma, artifacts, queue }: Pick<JobEnvironment, 'prisma' | 'artifacts' | 'queue'>,
  jobId: string,
  name: string,
): Promise<'CANCELLED' | 'GOES_ON' | 'FINISHED'> {
  const done = await prisma.$transaction(async (tx) =>
    (await leaveJob(tx, jobId, name)) ? 'GOES_ON' : ((await endJobIn(tx, queue, jobId, { state: 'CANCELLED' })) ?? 'FINISHED'),
  );
  if (typeof done === 'string') return done;
  await releaseArtifacts(prisma, artifacts, done);
  return 'CANCELLED';
}
