/** Who wants a job: its owner, who started it and whose quota it counts for, and those who asked for the same while it was alive. @module */
import type { Transaction } from '../storage/database.js';

/**
 * Takes back that a principal wants a job. The job goes on where others want it: one of its owner then belongs to the one who asked next.
 * @returns false, with nothing written, where nobody else wants it, or it has ended.
 */
export async function leaveJob(tx: Transaction, jobId: string, name: string): Promise<boolean> {
  // Locked: who asks for it now does so before, or finds that it has ended.
  const [job] = await tx.$queryRaw<{ owner: string }[]>`
    SELECT "owner" FROM "Job" WHERE "id" = ${jobId}::uuid AND "state" IN ('QUEUED', 'RUNNING') FOR UPDATE`;
  if (!job) return false;
  if (job.owner !== name) {
    await tx.jobRequester.deleteMany({ where: { jobId, name } });
    return true;
  }
  const next = await tx.jobRequester.findFirst({ where: { jobId }, orderBy: [{ createdAt: 'asc' }, { name: 'asc' }] });
  if (!next) return false;
  await tx.job.update({ where: { id: jobId }, data: { owner: next.name } });
  await tx.jobRequester.delete({ where: { jobId_name: { jobId, name: next.name } } });
  return true;
}
