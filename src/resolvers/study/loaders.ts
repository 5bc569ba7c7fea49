import type { DatabaseClient } from '../../storage/database.js';
import { allBy } from '../relay/load-by.js';

export const studyLoaders = ({ studyTask }: DatabaseClient) => ({
  /** Tasks of a study, in the order of the plan. */
  studyTasks: allBy('studyId', (ids) => studyTask.findMany({ where: { studyId: { in: ids } }, orderBy: { position: 'asc' } })),
});
