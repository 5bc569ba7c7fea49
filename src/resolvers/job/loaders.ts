import DataLoader from 'dataloader';
import type { DatabaseClient } from '../../storage/database.js';

/** Parts of a job that are not done, and those of them that have begun. */
export interface UnfinishedParts {
  readonly waiting: number;
  readonly running: number;
}

export const jobLoaders = (prisma: DatabaseClient) => ({
  unfinishedParts: new DataLoader<string, UnfinishedParts>(async (jobIds) => {
    const rows = await prisma.jobPart.groupBy({
      by: ['jobId'],
      where: { jobId: { in: [...jobIds] }, finishedAt: null },
      _count: { _all: true, startedAt: true },
    });
    const counts = new Map(
      rows.map(({ jobId, _count }) => [jobId, { waiting: _count._all - _count.startedAt, running: _count.startedAt }]),
    );
    return jobIds.map((id) => counts.get(id) ?? { waiting: 0, running: 0 });
  }),
});
