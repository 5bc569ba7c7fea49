import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export const modelLoaders = ({ model }: DatabaseClient) => ({
  modelOfJob: oneBy('jobId', (ids) => model.findMany({ where: { jobId: { in: ids } } })),
});
