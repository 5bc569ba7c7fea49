import type { DatabaseClient } from '../../storage/database.js';
import { allBy } from '../relay/load-by.js';

export const destructionLoaders = ({ destruction }: DatabaseClient) => ({
  destructionsOfEvaluation: allBy('evaluationId', (ids) =>
    destruction.findMany({ where: { evaluationId: { in: ids } }, orderBy: { createdAt: 'asc' } }),
  ),
});
