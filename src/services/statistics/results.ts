/** What there are results of: data sets, norms and budgets, with the attacks that were run. @module */
import { Prisma } from '../../storage/generated/client.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Norm } from '../../storage/generated/client.js';

export interface ResultGroup {
  readonly datasetId: string;
  readonly norm: Norm;
  /** null: without a limit. */
  readonly epsilon: number | null;
  /** In the order of their names. */
  readonly attackKinds: readonly string[];
  readonly evaluationCount: number;
}

/** Groups with the most evaluations first. @param prisma of a principal: others' private results count for nobody else. */
export async function resultGroups(prisma: DatabaseClient): Promise<ResultGroup[]> {
  const rows = await prisma.evaluation.groupBy({
    by: ['datasetId', 'norm', 'epsilon', 'attackKind'] satisfies Prisma.EvaluationScalarFieldEnum[],
    where: { job: { state: 'SUCCEEDED' } },
    _count: { _all: true },
  });
  const groups = new Map<
    string,
    { datasetId: string; norm: Norm; epsilon: number | null; attackKinds: string[]; evaluationCount: number }
  >();
  for (const { datasetId, norm, epsilon, attackKind, _count } of rows) {
    const key = `${datasetId} ${norm} ${epsilon}`;
    const group = groups.get(key) ?? { datasetId, norm, epsilon, attackKinds: [], evaluationCount: 0 };
    group.attackKinds.push(attackKind);
    group.evaluationCount += _count._all;
    groups.set(key, group);
  }
  for (const { attackKinds } of groups.values()) attackKinds.sort();
  return [...groups.values()].sort(
    (a, b) =>
      b.evaluationCount - a.evaluationCount ||
      (a.epsilon ?? Infinity) - (b.epsilon ?? Infinity) ||
      (a.datasetId < b.datasetId ? -1 : a.datasetId > b.datasetId ? 1 : 0) ||
      (a.norm < b.norm ? -1 : 1),
  );
}
