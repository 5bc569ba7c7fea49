/** All models under the attacks of one threat model, on the same examples. @module */
import { type Proportion, wilson } from '../../compute/statistics/index.js';
import { type Rank, rankWithTies } from '../../results/ranking.js';
import type { DatabaseClient } from '../../storage/database.js';
import { type Norm, Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { all, finished, inRange, onDataset, type RangeRequest, underAttacks, withEpsilon } from './finished.js';

export interface ThreatModelRequest extends RangeRequest {
  readonly datasetId: string;
  readonly norm: Norm;
  readonly epsilon: number;
  /** Undefined: all attacks. Else only models that were attacked with all of them. */
  readonly attackKinds?: readonly string[];
}

export interface RankedModel extends Rank {
  readonly modelId: string;
  readonly clean: Proportion;
  /** Right on the clean image and under every attack. */
  readonly robust: Proportion;
  readonly evaluationCount: number;
  readonly attackKinds: readonly string[];
}

export interface ThreatModelResults {
  /** Undefined where nothing has finished. */
  readonly range: { readonly offset: number; readonly sampleCount: number } | undefined;
  /** The most robust first; of equally robust ones the more accurate. */
  readonly models: readonly RankedModel[];
}

/**
 * The worst case for each model: the mean over examples of the minimum over attacks. Of several ranges that on which most models were attacked, with all of the
 * attacks that are named, is taken, then the largest.
 */
export async function threatModelResults(
  prisma: DatabaseClient,
  viewer: Principal,
  { datasetId, norm, epsilon, attackKinds, ...wanted }: ThreatModelRequest,
): Promise<ThreatModelResults> {
  const threat = all(
    onDataset(datasetId),
    Prisma.sql`"norm" = ${norm}::"Norm"`,
    withEpsilon(epsilon),
    attackKinds && underAttacks(attackKinds),
  );
  const underAll = attackKinds ? Prisma.sql`HAVING count(DISTINCT "attackKind") = ${new Set(attackKinds).size}` : Prisma.empty;
  const [range] = await prisma.$queryRaw<{ offset: number; sampleCount: number }[]>`
    SELECT "offset", "sampleCount" FROM (
      SELECT "offset", "sampleCount" FROM ${finished(viewer)} WHERE ${threat} AND ${inRange(wanted)}
      GROUP BY "offset", "sampleCount", "modelId" ${underAll}
    ) AS "attacked"
    GROUP BY "offset", "sampleCount"
    ORDER BY count(*) DESC, "sampleCount" DESC, "offset"
    LIMIT 1`;
  if (!range) return { range, models: [] };
  const rows = await prisma.$queryRaw<WorstCaseRow[]>`
    SELECT "modelId",
      bit_count(bit_and("cleanRight"))::INT AS "clean",
      bit_count(bit_and("cleanRight" & "adversarialRight"))::INT AS "robust",
      count(*)::INT AS "evaluationCount",
      array_agg(DISTINCT "attackKind") AS "attackKinds"
    FROM ${finished(viewer)} WHERE ${threat} AND ${inRange(range)}
    GROUP BY "modelId" ${underAll}
    ORDER BY "robust" DESC, "clean" DESC, "modelId"`;
  const robust = rows.map((row) => wilson(row.robust, range.sampleCount));
  const placed = rankWithTies(robust);
  const models = rows.map((row, i) => ({
    ...row,
    ...placed[i]!,
    clean: wilson(row.clean, range.sampleCount),
    robust: robust[i]!,
  }));
  return { range, models };
}

interface WorstCaseRow {
  readonly modelId: string;
  readonly clean: number;
  readonly robust: number;
  readonly evaluationCount: number;
  readonly attackKinds: string[];
}
