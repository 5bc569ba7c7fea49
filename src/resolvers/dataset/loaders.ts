import { unpackGroups } from '../../results/groups.js';
import type { DatabaseClient } from '../../storage/database.js';
import { oneBy } from '../relay/load-by.js';

export const datasetLoaders = ({ dataset, datasetGroups }: DatabaseClient) => ({
  datasetOfJob: oneBy('jobId', (ids) => dataset.findMany({ where: { jobId: { in: ids } } })),
  /** Subgroups of data sets; undefined where there are none. */
  datasetGroups: oneBy(
    'datasetId',
    (ids) => datasetGroups.findMany({ where: { datasetId: { in: ids } } }),
    ({ names, groups }) => ({ names, groups: unpackGroups(groups) }),
  ),
  datasetGroupNames: oneBy(
    'datasetId',
    (ids) => datasetGroups.findMany({ where: { datasetId: { in: ids } }, select: { datasetId: true, names: true } }),
    ({ names }) => names,
  ),
});
