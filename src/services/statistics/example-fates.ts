/** What became of one example of a data set under every attack on every model. @module */
import { Prisma } from '../../storage/generated/client.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Principal } from '../token/principal.js';
import { visibleModelSql, visibleSourcesSql } from '../access/visibility.js';

export interface ExampleFateRow {
  readonly evaluationId: string;
  readonly cleanCorrect: boolean;
  readonly adversarialCorrect: boolean;
}

export interface ExampleFates {
  readonly rows: readonly ExampleFateRow[];
  readonly evaluations: number;
  readonly cleanCorrect: number;
  readonly adversarialCorrect: number;
}

/** @param first the newest so many are listed; all are counted. */
export async function exampleFates(
  prisma: DatabaseClient,
  viewer: Principal,
  { datasetId, index, first }: { readonly datasetId: string; readonly index: number; readonly first: number },
): Promise<ExampleFates> {
  const covering = Prisma.sql`
    FROM "Evaluation" JOIN "Model" ON "Model"."id" = "Evaluation"."modelId"
    WHERE "datasetId" = ${datasetId}::UUID AND "adversarialRight" IS NOT NULL AND ${visibleModelSql(viewer)} AND ${visibleSourcesSql(viewer)}
      AND "offset" <= ${index} AND ${index} < "offset" + "sampleCount"`;
  const bit = (column: Prisma.Sql) => Prisma.sql`get_bit(${column}, ${index} - "offset") = 1`;
  const [clean, adversarial] = [bit(Prisma.sql`"cleanRight"`), bit(Prisma.sql`"adversarialRight"`)];
  const rows = await prisma.$queryRaw<ExampleFateRow[]>`
    SELECT "Evaluation"."id" AS "evaluationId", ${clean} AS "cleanCorrect", ${adversarial} AS "adversarialCorrect"
    ${covering} ORDER BY "Evaluation"."createdAt" DESC, "Evaluation"."id" DESC LIMIT ${first}`;
  const [counts] = await prisma.$queryRaw<Omit<ExampleFates, 'rows'>[]>`
    SELECT count(*)::INT AS "evaluations", count(*) FILTER (WHERE ${clean})::INT AS "cleanCorrect",
      count(*) FILTER (WHERE ${adversarial})::INT AS "adversarialCorrect" ${covering}`;
  return { rows, ...counts! };
}
