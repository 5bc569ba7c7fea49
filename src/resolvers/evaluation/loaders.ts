import { unpackOutcomes } from '../../results/outcomes.js';
import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export const evaluationLoaders = ({ evaluation }: DatabaseClient) => ({
  evaluationOfJob: oneBy('jobId', (ids) => evaluation.findMany({ where: { jobId: { in: ids } } })),
  /** Packed outcomes of evaluations; undefined before they have finished. */
  outcomes: oneBy(
    'id',
    (ids) => evaluation.findMany({ where: { id: { in: ids } }, select: { id: true, outcomes: true } }),
    ({ outcomes }) => (outcomes ? unpackOutcomes(outcomes) : undefined),
  ),
});
