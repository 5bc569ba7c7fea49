import DataLoader from 'dataloader';
import { Prisma } from '../../storage/generated/client.js';
import type { DatabaseClient } from '../../storage/database.js';

/** Parts of a job that are not done, and those of them that have begun. */
export interface UnfinishedParts {
  readonly waiting: number;
  readonly running: number;
  /** Units that are done of those that have begun. */
  readonly units: number;
  /** The attack of a list that runs, of the first of them that has one. */
  readonly stage: string | null;
}

const NONE: UnfinishedParts = { waiting: 0, running: 0, units: 0, stage: null };

export const jobLoaders = (prisma: DatabaseClient) => ({
  unfinishedParts: new DataLoader<string, UnfinishedParts>(async (jobIds) => {
    const rows = await prisma.$queryRaw<(UnfinishedParts & { jobId: string })[]>`
      SELECT "jobId", count(*)::int - count("startedAt")::int AS waiting, count("startedAt")::int AS running, sum("units" * "share") AS units,
        (array_agg("stage" ORDER BY "position") FILTER (WHERE "stage" IS NOT NULL))[1] AS stage
      FROM "JobPart" WHERE "finishedAt" IS NULL AND "jobId" IN (${Prisma.join([...jobIds].map((id) => Prisma.sql`${id}::uuid`))}) GROUP BY "jobId"`;
    const found = new Map(rows.map((row) => [row.jobId, row]));
    return jobIds.map((id) => found.get(id) ?? NONE);
  }),
});
