import type { DatabaseClient } from '../../storage/database.js';
import { allBy, oneBy } from '../relay/load-by.js';

export const studyLoaders = ({ study, studyTask }: DatabaseClient) => ({
  studyOfJob: oneBy('jobId', (ids) => study.findMany({ where: { jobId: { in: ids } } })),
  /** Tasks of a study, in the order of the plan. */
  studyTasks: allBy('studyId', (ids) => studyTask.findMany({ where: { studyId: { in: ids } }, orderBy: { position: 'asc' } })),
});
