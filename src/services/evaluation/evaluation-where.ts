import { rowIds } from '../../storage/global-id.js';
import type { JobState, Prisma } from '../../storage/generated/client.js';

/** What is given must hold, all together. */
export interface EvaluationSelection {
  /** Global ids. */
  readonly modelIds?: readonly string[];
  readonly datasetIds?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly states?: readonly JobState[];
  readonly seed?: number;
  readonly epsilon?: number;
  /** No limit is larger than any. */
  readonly epsilonMin?: number;
  readonly epsilonMax?: number;
  readonly createdFrom?: Date;
  readonly createdBefore?: Date;
}

/** A selection as a Prisma condition. Ids that nothing has match nothing. */
export function evaluationWhere(selection: EvaluationSelection): Prisma.EvaluationWhereInput {
  const { modelIds, datasetIds, attackKinds, states, seed, epsilon, epsilonMin, epsilonMax, createdFrom, createdBefore } = selection;
  return {
    modelId: modelIds && { in: rowIds(modelIds, 'Model') },
    datasetId: datasetIds && { in: rowIds(datasetIds, 'Dataset') },
    attackKind: attackKinds && { in: [...attackKinds] },
    job: states && { state: { in: [...states] } },
    seed,
    epsilon: { equals: epsilon, lte: epsilonMax },
    OR: epsilonMin === undefined ? undefined : [{ epsilon: { gte: epsilonMin } }, { epsilon: null }],
    createdAt: { gte: createdFrom, lt: createdBefore },
  };
}
