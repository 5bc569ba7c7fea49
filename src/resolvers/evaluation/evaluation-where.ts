import type { EvaluationFilter } from '../../schema/evaluation/evaluation-filter.js';
import { rowIds } from '../../schema/relay/global-id.js';
import type { Prisma } from '../../storage/generated/client.js';

/** A filter as a Prisma condition. Ids that nothing has match nothing. */
export function evaluationWhere(filter: Partial<EvaluationFilter>): Prisma.EvaluationWhereInput {
  const { modelIds, datasetIds, attackKinds, states, seed, epsilon, epsilonMin, epsilonMax, createdFrom, createdBefore } = filter;
  return {
    modelId: modelIds && { in: rowIds(modelIds, 'Model') },
    datasetId: datasetIds && { in: rowIds(datasetIds, 'Dataset') },
    attackKind: attackKinds && { in: attackKinds },
    job: states && { state: { in: states } },
    seed,
    epsilon: { equals: epsilon, lte: epsilonMax },
    OR: epsilonMin === undefined ? undefined : [{ epsilon: { gte: epsilonMin } }, { epsilon: null }],
    createdAt: { gte: createdFrom, lt: createdBefore },
  };
}
