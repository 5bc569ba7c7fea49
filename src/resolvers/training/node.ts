import { rowIds } from '../../storage/global-id.js';
import { TrainingRun } from '../../schema/training/training-run.js';
import type { TrainingRunFilter } from '../../schema/training/training-run-filter.js';
import type { Prisma, TrainingRun as RunRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const trainingRunNode = defineNode<RunRow, TrainingRun, TrainingRunFilter>({
  type: TrainingRun,
  table: ({ trainingRun }) => trainingRun,
  where: ({ baseModelId, datasetId, scheme, states }): Prisma.TrainingRunWhereInput => ({
    baseModelId: baseModelId === undefined ? undefined : { in: rowIds([baseModelId], 'Model') },
    datasetId: datasetId === undefined ? undefined : { in: rowIds([datasetId], 'Dataset') },
    plan: scheme === undefined ? undefined : { path: ['scheme', 'name'], equals: scheme },
    job: states && { state: { in: states } },
  }),
});
