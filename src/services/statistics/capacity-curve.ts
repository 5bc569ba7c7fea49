/** What robustness networks of different widths gain from their training (Kurakin, Goodfellow and Bengio 2017, section 4.3). @module */
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { ArchitectureRequest } from '../../compute/models/index.js';
import { type Estimate, pairedRatio, type Proportion, wilson } from '../../compute/statistics/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { all, finished, inRange, onDataset, type RangeRequest, underAttacks, withEpsilon } from './finished.js';

export interface CapacityRequest extends RangeRequest {
  readonly datasetId: string;
  readonly attackKind: string;
  readonly epsilon: number;
  readonly architecture?: string;
  readonly scheme?: string;
}

export interface CapacityCurves {
  /** What all points have in common; undefined where nothing has finished. */
  readonly configuration: { readonly offset: number; readonly sampleCount: number; readonly parameters: ParameterValues } | undefined;
  /** One for each architecture and training scheme. */
  readonly curves: readonly { readonly architecture: string; readonly scheme: string; readonly points: readonly CapacityPoint[] }[];
}

export interface CapacityPoint {
  readonly modelId: string;
  readonly evaluationId: string;
  /** ρ. */
  readonly width: number;
  readonly clean: Proportion;
  readonly adversarial: Proportion;
  /** Adversarial over clean accuracy. */
  readonly ratio: Estimate;
}

interface CapacityRow {
  readonly id: string;
  readonly modelId: string;
  readonly architecture: ArchitectureRequest;
  readonly scheme: string;
  readonly offset: number;
  readonly sampleCount: number;
  readonly parameters: ParameterValues;
  readonly both: number;
  readonly gained: number;
  readonly lost: number;
}

/**
 * Models that were trained from an architecture, on one range and with one set of the attack's parameters: those of most models, then the largest range, then the
 * newest. Of each model the newest result.
 */
export async function capacityCurves(prisma: DatabaseClient, viewer: Principal, request: CapacityRequest): Promise<CapacityCurves> {
  const { datasetId, attackKind, epsilon, architecture, scheme, ...range } = request;
  const wanted = all(onDataset(datasetId), underAttacks([attackKind]), withEpsilon(epsilon), inRange(range));
  const trained = all(
    Prisma.sql`"architecture" IS NOT NULL`,
    architecture === undefined ? undefined : Prisma.sql`"architecture" ->> 'architecture' = ${architecture}`,
    scheme === undefined ? undefined : Prisma.sql`"plan" #>> '{scheme,name}' = ${scheme}`,
  );
  const rows = await prisma.$queryRaw<CapacityRow[]>`
    WITH "candidate" AS (
      SELECT "finished".*, "run"."architecture", "run"."scheme"
      FROM (SELECT * FROM ${finished(viewer)} WHERE ${wanted}) AS "finished" JOIN (
        SELECT "modelId", "architecture", "plan" #>> '{scheme,name}' AS "scheme" FROM "TrainingRun" WHERE ${trained}
      ) AS "run" USING ("modelId")
    ), "configuration" AS (
      SELECT "offset", "sampleCount", "parameters" FROM "candidate" GROUP BY "offset", "sampleCount", "parameters"
      ORDER BY count(DISTINCT "modelId") DESC, "sampleCount" DESC, max("finishedAt") DESC LIMIT 1
    )
    SELECT DISTINCT ON ("modelId") "id", "modelId", "architecture", "scheme", "offset", "sampleCount", "parameters",
      bit_count("cleanRight" & "adversarialRight")::INT AS "both",
      bit_count(~"cleanRight" & "adversarialRight")::INT AS "gained",
      bit_count("cleanRight" & ~"adversarialRight")::INT AS "lost"
    FROM "candidate" JOIN "configuration" USING ("offset", "sampleCount", "parameters")
    ORDER BY "modelId", "finishedAt" DESC`;
  const series = new Map<string, CapacityRow[]>();
  for (const row of rows) {
    const key = `${row.architecture.architecture} ${row.scheme}`;
    series.set(key, [...(series.get(key) ?? []), row]);
  }
  const curves = [...series.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ofOne]) => curveOf(ofOne));
  return { configuration: rows[0], curves };
}

function curveOf(rows: readonly CapacityRow[]) {
  const { architecture, scheme } = rows[0]!;
  const points = rows.map(pointOf).sort((a, b) => a.width - b.width || (a.modelId < b.modelId ? -1 : 1));
  return { architecture: architecture.architecture, scheme, points };
}

function pointOf({ id, modelId, architecture, both, gained, lost, sampleCount: n }: CapacityRow): CapacityPoint {
  return {
    modelId,
    evaluationId: id,
    width: architecture.width ?? 1,
    clean: wilson(both + lost, n),
    adversarial: wilson(both + gained, n),
    ratio: pairedRatio({ both, onlyFirst: gained, onlySecond: lost, n }),
  };
}
