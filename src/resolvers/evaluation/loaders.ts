import { unpackOutcomes } from '../../results/outcomes.js';
import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export const evaluationLoaders = ({ evaluation }: DatabaseClient) => ({
  /** Of a job that makes images, too. */
  evaluationOfJob: oneBy(
    'workedOnBy',
    async (ids) => {
      const rows = await evaluation.findMany({ where: { OR: [{ jobId: { in: ids } }, { imagesJobId: { in: ids } }] } });
      return rows.flatMap((row) => [row.jobId, row.imagesJobId].map((workedOnBy) => ({ row, workedOnBy })));
    },
    ({ row }) => row,
  ),
  /** Packed outcomes of evaluations; undefined before they have finished. */
  outcomes: oneBy(
    'id',
    (ids) => evaluation.findMany({ where: { id: { in: ids } }, select: { id: true, outcomes: true } }),
    ({ outcomes }) => (outcomes ? unpackOutcomes(outcomes) : undefined),
  ),
});
