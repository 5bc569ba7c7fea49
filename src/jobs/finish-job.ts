/** The one way in which a job reaches a final state. @module */
import { releaseArtifacts } from '../storage/artifact-rows.js';
import type { Prisma } from '../storage/generated/client.js';
import { storable } from '../storage/text.js';
import type { DroppedArtifacts, JobResult, JobEnvironment } from './types.js';

type Outcome = Pick<Prisma.JobUpdateManyMutationInput, 'state' | 'done' | 'errorCode'> & { readonly error?: string };

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
    dropped = await prisma.$transaction(async (tx) => {
      const { count } = await tx.job.updateMany({
        where: { id: jobId, state: { in: ['QUEUED', 'RUNNING'] } },
        data: { ...outcome, error: outcome.error && storable(outcome.error), finishedAt: new Date(), eta: null },
      });
      return count > 0 ? result.write(tx) : undefined;
    });
    return dropped !== undefined;
  } finally {
    await releaseArtifacts(prisma, artifacts, [...(dropped ?? []), ...(result.artifacts ?? [])]);
  }
}
