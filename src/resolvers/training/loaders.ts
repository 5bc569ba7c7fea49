import type { DatabaseClient } from '../../storage/database.js';
import { allBy, oneBy } from '../relay/load-by.js';

export const trainingLoaders = ({ trainingRun, trainingPoint, extraTrainingData }: DatabaseClient) => ({
  trainingRunOfModel: oneBy('modelId', (ids) => trainingRun.findMany({ where: { modelId: { in: ids } } })),
  trainingRunOfJob: oneBy('jobId', (ids) => trainingRun.findMany({ where: { jobId: { in: ids } } })),
  /** Further data sets of a run, in order. */
  extraTrainingData: allBy('trainingRunId', (ids) =>
    extraTrainingData.findMany({ where: { trainingRunId: { in: ids } }, orderBy: { position: 'asc' } }),
  ),
  /** Points of a run, in order. */
  trainingPoints: allBy('trainingRunId', (ids) =>
    trainingPoint.findMany({ where: { trainingRunId: { in: ids } }, orderBy: { step: 'asc' } }),
  ),
});
