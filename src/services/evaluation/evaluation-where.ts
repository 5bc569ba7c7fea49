import { hasTags } from '../annotation/annotations.js';
import { rowIds } from '../../storage/global-id.js';
import type { JobState, Norm, Prisma, Visibility } from '../../storage/generated/client.js';

/** What is given must hold, all together. */
export interface EvaluationSelection {
  /** Global ids. */
  readonly modelIds?: readonly string[];
  readonly datasetIds?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly norms?: readonly Norm[];
  readonly owners?: readonly string[];
  readonly visibilities?: readonly Visibility[];
  /** Codes, of which it has one or more. */
  readonly findings?: readonly string[];
  readonly states?: readonly JobState[];
  readonly tags?: readonly string[];
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
  const { modelIds, datasetIds, attackKinds, norms, owners, visibilities, findings, states, tags } = selection;
  const { seed, epsilon, epsilonMin, epsilonMax, createdFrom, createdBefore } = selection;
  const either: Prisma.EvaluationWhereInput[][] = [
    ...(epsilonMin === undefined ? [] : [[{ epsilon: { gte: epsilonMin } }, { epsilon: null }]]),
    ...(findings ? [findings.map((code) => ({ findings: { array_contains: [{ code }] } }))] : []),
  ];
  return {
    modelId: modelIds && { in: rowIds(modelIds, 'Model') },
    datasetId: datasetIds && { in: rowIds(datasetIds, 'Dataset') },
    attackKind: attackKinds && { in: [...attackKinds] },
    norm: norms && { in: [...norms] },
    model: visibilities && { visibility: { in: [...visibilities] } },
    job: (states ?? owners) && { state: states && { in: [...states] }, owner: owners && { in: [...owners] } },
    tags: hasTags(tags),
    seed,
    epsilon: { equals: epsilon, lte: epsilonMax },
    AND: either.map((OR) => ({ OR })),
    createdAt: { gte: createdFrom, lt: createdBefore },
  };
}
