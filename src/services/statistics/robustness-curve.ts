/** Accuracy of models against the budget of one attack. @module */
import type { ParameterValues } from '../../compute/parameters/index.js';
import { type Proportion, wilson } from '../../compute/statistics/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { all, finished, inRange, ofModels, onDataset, type RangeRequest, underAttacks } from './finished.js';

export interface RobustnessCurveRequest extends RangeRequest {
  readonly modelIds: readonly string[];
  readonly datasetId: string;
  readonly attackKind: string;
  /** Values that some of the attack's other parameters must have. */
  readonly parameters?: ParameterValues;
}

export interface ModelCurve {
  /** What the points have in common; null where nothing has finished. */
  readonly offset: number | null;
  readonly sampleCount: number | null;
  readonly parameters: ParameterValues | null;
  /** Ranges and parameters of which there are results, these included. */
  readonly configurationCount: number;
  /** From ε = 0, which is clean, on. */
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly epsilon: number;
  readonly top1: Proportion;
  readonly top5: Proportion;
  readonly evaluationId: string;
}

interface CurveRow {
  readonly id: string;
  readonly modelId: string;
  readonly epsilon: number;
  readonly offset: number;
  readonly sampleCount: number;
  readonly parameters: ParameterValues;
  readonly configurationCount: number;
  readonly cleanTop1: number;
  readonly cleanTop5: number;
  readonly adversarialTop1: number;
  readonly adversarialTop5: number;
}

/** Attacks that run others have an ε in each of those too. */
const WITHOUT_EPSILON = Prisma.sql`regexp_replace(("parameters" - 'epsilon')::TEXT, '"epsilon": [^,}]+', '"epsilon": null', 'g')::JSONB`;

/**
 * For each model one range and one set of parameters but ε: the largest range, then that with most budgets, then the newest. Of each budget the newest result.
 * @returns one for each model, in their order.
 */
export async function robustnessCurves(prisma: DatabaseClient, viewer: Principal, request: RobustnessCurveRequest): Promise<ModelCurve[]> {
  const { modelIds, datasetId, attackKind, parameters, ...range } = request;
  const wanted = all(
    ofModels(modelIds),
    onDataset(datasetId),
    underAttacks([attackKind]),
    inRange(range),
    parameters && Prisma.sql`"parameters" @> ${JSON.stringify(parameters)}::JSONB`,
  );
  const rows = await prisma.$queryRaw<CurveRow[]>`
    WITH "candidate" AS (
      SELECT "id", "modelId", "epsilon", "offset", "sampleCount", ${WITHOUT_EPSILON} AS "parameters", "finishedAt",
        "cleanTop1", "cleanTop5", "adversarialTop1", "adversarialTop5"
      FROM ${finished(viewer)} WHERE ${wanted} AND "epsilon" > 0
    ), "configuration" AS (
      SELECT DISTINCT ON ("modelId") "modelId", "offset", "sampleCount", "parameters",
        (count(*) OVER (PARTITION BY "modelId"))::INT AS "configurationCount"
      FROM "candidate" GROUP BY "modelId", "offset", "sampleCount", "parameters"
      ORDER BY "modelId", "sampleCount" DESC, count(DISTINCT "epsilon") DESC, max("finishedAt") DESC
    )
    SELECT DISTINCT ON ("modelId", "epsilon") *
    FROM "candidate" JOIN "configuration" USING ("modelId", "offset", "sampleCount", "parameters")
    ORDER BY "modelId", "epsilon", "finishedAt" DESC`;
  return modelIds.map((id) => curveOf(rows.filter(({ modelId }) => modelId === id)));
}

function curveOf(rows: readonly CurveRow[]): ModelCurve {
  const [first] = rows;
  if (!first) return { offset: null, sampleCount: null, parameters: null, configurationCount: 0, points: [] };
  const { offset, sampleCount, parameters, configurationCount } = first;
  const point = (epsilon: number, top1: number, top5: number, evaluationId: string) => ({
    epsilon,
    top1: wilson(top1, sampleCount),
    top5: wilson(top5, sampleCount),
    evaluationId,
  });
  const attacked = rows.map((row) => point(row.epsilon, row.adversarialTop1, row.adversarialTop5, row.id));
  const points = [point(0, first.cleanTop1, first.cleanTop5, first.id), ...attacked];
  return { offset, sampleCount, parameters, configurationCount, points };
}
