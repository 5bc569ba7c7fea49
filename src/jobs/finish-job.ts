/** The one way in which a job reaches a final state. @module */
import { releaseArtifacts } from '../storage/artifact-rows.js';
import type { Transaction } from '../storage/database.js';
import type { Prisma } from '../storage/generated/client.js';
import { storable } from '../storage/text.js';
import type { DroppedArtifacts, JobResult, JobEnvironment } from './types.js';

type Outcome = Pick<Prisma.JobUpdateManyMutationInput, 'done' | 'errorCode'> & {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly error?: string;
};

/**
 * Writes the outcome and what comes with it in one transaction. Errors quote files, which may hold anything.
 * @returns false, with nothing written, where the job is finished already.
 */
export async function finishJob(
  { prisma, artifacts }: Pick<JobEnvironment, 'prisma' | 'artifacts'>,
  jobId: string,
  outcome: Outcome,
  result: JobResult,
): Promise<boolean> {
  let dropped: DroppedArtifacts | undefined;
  try {
    dropped = await prisma.$transaction(async (tx) => ((await endJob(tx, jobId, outcome)) ? result.write(tx) : undefined));
    return dropped !== undefined;
  } finally {
    await releaseArtifacts(prisma, artifacts, [...(dropped ?? []), ...(result.artifacts ?? [])]);
  }
}

/**
 * The job alone: who ends it writes what comes with it in the same transaction. One that did not succeed answers no request any more.
 * @returns false, with nothing written, where the job is finished already, also by a transaction that has only just committed.
 */
export async function endJob(tx: Transaction, jobId: string, { error, ...outcome }: Outcome): Promise<boolean> {
  const { count } = await tx.job.updateMany({
    where: { id: jobId, state: { in: ['QUEUED', 'RUNNING'] } },
    data: {
      ...outcome,
      error: error && storable(error),
      finishedAt: new Date(),
      eta: null,
      ...(outcome.state === 'SUCCEEDED' ? {} : { activeRequestHash: null }),
    },
  });
  return count > 0;
}
