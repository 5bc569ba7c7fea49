/** Models compared example by example. @module */
import {
  type Estimate,
  holmAdjusted,
  mcnemarTwoSided,
  type PairedCounts,
  pairedDifference,
  type Proportion,
  wilson,
} from '../../compute/statistics/index.js';
import type { ParameterValues } from '../../compute/parameters/index.js';
import { DomainError } from '../../errors.js';
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { all, finished, inRange, named, ofModels, onDataset, type RangeRequest, underAttacks, withEpsilon } from './finished.js';

export interface ComparisonRequest extends RangeRequest {
  readonly modelIds: readonly string[];
  readonly datasetId: string;
  /** Undefined: on clean images. Without ε: without limit. */
  readonly attack?: { readonly kind: string; readonly epsilon: number | undefined };
  /** Undefined: all that are judged alike. */
  readonly evaluationIds?: readonly string[];
}

export interface Comparison {
  readonly offset: number;
  readonly sampleCount: number;
  /** Of the attack, the same for all models; null on clean images. */
  readonly parameters: ParameterValues | null;
  /** In the order of the request. */
  readonly models: readonly { readonly modelId: string; readonly evaluationId: string; readonly accuracy: Proportion }[];
  readonly pairs: readonly ComparedPair[];
}

export interface ComparedPair extends PairedCounts {
  /** Ids of models. */
  readonly first: string;
  readonly second: string;
  readonly difference: Estimate;
  /** Exact McNemar test, two-sided. */
  readonly pValue: number;
  /** By Holm's correction over all pairs. */
  readonly adjustedPValue: number;
}

/** Most models of one comparison: it has a pair for each two. */
export const MOST_COMPARED = 50;

/** Counts of two models, or of one with itself. */
interface PairRow extends Omit<PairedCounts, 'n'> {
  readonly first: string;
  readonly second: string;
  readonly evaluationId: string;
  readonly offset: number;
  readonly sampleCount: number;
  readonly parameters: ParameterValues | null;
}

/**
 * On one range, with one set of parameters, of which all models have results: the largest, then the newest. Of each model the newest result.
 * @throws DomainError NOT_FOUND where there is none.
 */
export async function compareModels(prisma: DatabaseClient, viewer: Principal, request: ComparisonRequest): Promise<Comparison> {
  const { modelIds, datasetId, attack, evaluationIds, ...range } = request;
  const wanted = all(
    ofModels(modelIds),
    onDataset(datasetId),
    inRange(range),
    attack && underAttacks([attack.kind]),
    attack && withEpsilon(attack.epsilon),
  );
  const rows = await prisma.$queryRaw<PairRow[]>`
    WITH "candidate" AS (
      SELECT "id", "modelId", "offset", "sampleCount", "finishedAt", "judging",
        ${attack ? Prisma.sql`"parameters"` : Prisma.sql`NULL::JSONB AS "parameters"`},
        ${attack ? Prisma.sql`"adversarialRight"` : Prisma.sql`"cleanRight"`} AS "right"
      FROM ${evaluationIds ? named(viewer, evaluationIds) : finished(viewer)} WHERE ${wanted}
    ), "configuration" AS (
      SELECT "offset", "sampleCount", "parameters", "judging" FROM "candidate" GROUP BY "offset", "sampleCount", "parameters", "judging"
      HAVING count(DISTINCT "modelId") = ${modelIds.length}
      ORDER BY "sampleCount" DESC, max("finishedAt") DESC LIMIT 1
    ), "result" AS (
      SELECT DISTINCT ON ("modelId") "candidate".*, array_position(${modelIds}::UUID[], "modelId") AS "position"
      FROM "candidate" JOIN "configuration" ON "candidate"."offset" = "configuration"."offset"
        AND "candidate"."sampleCount" = "configuration"."sampleCount" AND "candidate"."judging" = "configuration"."judging"
        AND "candidate"."parameters" IS NOT DISTINCT FROM "configuration"."parameters"
      ORDER BY "modelId", "finishedAt" DESC
    )
    SELECT "first"."modelId" AS "first", "second"."modelId" AS "second", "first"."id" AS "evaluationId",
      "first"."offset", "first"."sampleCount", "first"."parameters",
      bit_count("first"."right" & "second"."right")::INT AS "both",
      bit_count("first"."right" & ~"second"."right")::INT AS "onlyFirst",
      bit_count(~"first"."right" & "second"."right")::INT AS "onlySecond"
    FROM "result" AS "first" JOIN "result" AS "second" ON "first"."position" <= "second"."position"
    ORDER BY "first"."position", "second"."position"`;
  const [any] = rows;
  if (!any) {
    throw new DomainError('NOT_FOUND', 'There is no range of the data set on which all of these models have finished such an evaluation.', [
      'modelIds',
    ]);
  }
  const { offset, sampleCount, parameters } = any;
  const alone = rows.filter(({ first, second }) => first === second);
  return {
    offset,
    sampleCount,
    parameters,
    models: alone.map((row) => ({
      modelId: row.first,
      evaluationId: row.evaluationId,
      accuracy: wilson(row.both, sampleCount),
    })),
    pairs: compared(
      rows.filter(({ first, second }) => first !== second),
      sampleCount,
    ),
  };
}

function compared(rows: readonly PairRow[], n: number): ComparedPair[] {
  const pValues = rows.map(({ onlyFirst, onlySecond }) => mcnemarTwoSided(onlyFirst, onlySecond));
  const adjusted = holmAdjusted(pValues);
  return rows.map(({ first, second, both, onlyFirst, onlySecond }, i) => {
    const counts = { both, onlyFirst, onlySecond, n };
    return {
      ...counts,
      first,
      second,
      difference: pairedDifference(counts),
      pValue: pValues[i]!,
      adjustedPValue: adjusted[i]!,
    };
  });
}
