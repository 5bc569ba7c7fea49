/** What has changed on leaderboards, by the evaluations that finished last. @module */
import { corruption } from '../../compute/attacks/index.js';
import { type Proportion, wilson } from '../../compute/statistics/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { finished, isComparable } from './finished.js';
import { checkRanges } from './ranges.js';

export interface LeaderboardChange {
  /** The evaluation that brought it. */
  readonly evaluationId: string;
  /** Right on the clean image and under every attack until then; null where it is the first under this budget on these examples. */
  readonly before: Proportion | null;
  readonly after: Proportion;
}

interface Row {
  readonly id: string;
  readonly sampleCount: number;
  readonly before: number | null;
  readonly after: number;
}

/** Of so many that finished last, what lowered a worst case is looked for. */
const NEWEST = 100;

/**
 * The last change of each model, data set, budget and range of examples, the newest first: its worst case over its own evaluations became
 * lower, or was measured for the first time.
 * @throws DomainError VALIDATION
 */
export async function leaderboardChanges(prisma: DatabaseClient, viewer: Principal, first: number): Promise<LeaderboardChange[]> {
  checkRanges({ first: [0, 100] }, { first });
  const group = Prisma.sql`"modelId", "datasetId", "norm", "epsilon", "offset", "sampleCount"`;
  const rows = await prisma.$queryRaw<Row[]>`
    WITH "recent" AS (
      SELECT "id", ${group} FROM ${finished(viewer)}
      WHERE "epsilon" IS NOT NULL AND "attackKind" <> ${corruption.kind}
      ORDER BY "finishedAt" DESC LIMIT ${NEWEST}
    ), "step" AS (
      SELECT "id", "finishedAt", ${group},
        bit_count(bit_and("cleanRight" & "adversarialRight") OVER "until")::INT AS "after",
        bit_count(bit_and("cleanRight" & "adversarialRight") OVER ("until" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))::INT AS "before"
      FROM "Evaluation" JOIN (SELECT DISTINCT ${group} FROM "recent") AS "groups" USING (${group})
      WHERE ${isComparable(viewer)} AND "attackKind" <> ${corruption.kind}
      WINDOW "until" AS (PARTITION BY ${group} ORDER BY "finishedAt", "id")
    ), "change" AS (
      SELECT DISTINCT ON (${group}) "id", "finishedAt", "sampleCount", "before", "after" FROM "step"
      WHERE "before" IS NULL OR "after" < "before" ORDER BY ${group}, "finishedAt" DESC, "id" DESC
    )
    SELECT "id", "sampleCount", "before", "after" FROM "change" WHERE "id" IN (SELECT "id" FROM "recent")
    ORDER BY "finishedAt" DESC, "id" DESC LIMIT ${first}`;
  return rows.map(({ id, sampleCount, before, after }) => ({
    evaluationId: id,
    before: before === null ? null : wilson(before, sampleCount),
    after: wilson(after, sampleCount),
  }));
}
