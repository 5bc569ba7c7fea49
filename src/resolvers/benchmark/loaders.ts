import type { DatabaseClient } from '../../storage/database.js';
import { allBy } from '../relay/load-by.js';

export const benchmarkLoaders = ({ benchmark, benchmarkEntry, claimedEntry }: DatabaseClient) => ({
  /** All versions, the newest first. */
  benchmarksOfName: allBy('name', (names) => benchmark.findMany({ where: { name: { in: names } }, orderBy: { version: 'desc' } })),
  /** With their jobs, oldest first. */
  entriesOfBenchmark: allBy('benchmarkId', (ids) =>
    benchmarkEntry.findMany({
      where: { benchmarkId: { in: ids } },
      include: { job: true },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    }),
  ),
  claimsOfBenchmark: allBy('benchmarkId', (ids) => claimedEntry.findMany({ where: { benchmarkId: { in: ids } }, orderBy: { key: 'asc' } })),
});
