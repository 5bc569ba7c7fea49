import type { DatabaseClient } from '../../storage/database.js';
import { allBy, oneBy } from '../relay/load-by.js';

export const destructionLoaders = ({ destruction }: DatabaseClient) => ({
  destructionOfJob: oneBy('jobId', (ids) => destruction.findMany({ where: { jobId: { in: ids } } })),
  destructionsOfEvaluation: allBy('evaluationId', (ids) =>
    destruction.findMany({ where: { evaluationId: { in: ids } }, orderBy: { createdAt: 'asc' } }),
  ),
});
