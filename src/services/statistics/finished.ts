/** What statistics are made of. @module */
import { imported } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { visibleModelSql, visibleSourcesSql } from '../access/visibility.js';

/** Which examples of a data set; all that is given must hold. */
export interface RangeRequest {
  readonly offset?: number;
  readonly sampleCount?: number;
}

/** Condition on models that count: they are ready, and the viewer sees them. */
export const counting = (viewer: Principal) => Prisma.sql`"Model"."status" = 'READY' AND ${visibleModelSql(viewer)}`;

/** Judged on stored images, and on floats where the data are floats, which cannot be stored in levels: on one data set, all are judged alike. */
const comparable = Prisma.sql`("Evaluation"."judging" = 'STORED'
  OR EXISTS (SELECT 1 FROM "Dataset" WHERE "Dataset"."id" = "Evaluation"."datasetId" AND "Dataset"."bitDepth" = 32))`;

/**
 * Condition on evaluations that have finished and are judged alike, so that numbers can be compared, whatever their models; of transferred images, those
 * whose sources the viewer sees. One of a random model that was repeated with more predictions to judge by counts no more; of other models more predictions
 * say nothing new. One with a class map of its own counts by itself alone.
 */
export const isComparable = (
  viewer: Principal,
) => Prisma.sql`"Evaluation"."adversarialRight" IS NOT NULL AND ${comparable} AND NOT "Evaluation"."heldOut"
    AND "Evaluation"."classMap" = '{}' AND ${visibleSourcesSql(viewer)}
    AND NOT (COALESCE(("Evaluation"."diagnostics"->>'changed')::INT, 0) > 0 AND EXISTS (
      SELECT 1 FROM "Evaluation" AS "repeated"
      WHERE ("repeated"."modelId", "repeated"."datasetId", "repeated"."attackKind", "repeated"."offset", "repeated"."sampleCount", "repeated"."seed")
        = ("Evaluation"."modelId", "Evaluation"."datasetId", "Evaluation"."attackKind", "Evaluation"."offset", "Evaluation"."sampleCount", "Evaluation"."seed")
        AND "repeated"."judging" = "Evaluation"."judging" AND "repeated"."adversarialRight" IS NOT NULL
        AND "repeated"."predictions" > "Evaluation"."predictions" AND "repeated"."parameters" = "Evaluation"."parameters"
        AND ("repeated"."attackKind" <> ${imported.kind} OR "repeated"."imagesArtifactId" = "Evaluation"."imagesArtifactId")
    ))`;

/** Those of models that count: a table for FROM, with the columns of `Evaluation` and the fingerprint of the model. */
export const finished = (viewer: Principal) => Prisma.sql`(
  SELECT "Evaluation".*, "Model"."fingerprint" FROM "Evaluation" JOIN "Model" ON "Model"."id" = "Evaluation"."modelId"
  WHERE ${isComparable(viewer)} AND ${counting(viewer)}
) AS "finished"`;

/** The same, of evaluations that the viewer names: however success was decided on, and with class maps of their own. */
export const named = (viewer: Principal, evaluationIds: readonly string[]) => Prisma.sql`(
  SELECT "Evaluation".*, "Model"."fingerprint" FROM "Evaluation" JOIN "Model" ON "Model"."id" = "Evaluation"."modelId"
  WHERE "Evaluation"."id" = ANY(${evaluationIds}::UUID[]) AND "Evaluation"."adversarialRight" IS NOT NULL AND NOT "Evaluation"."heldOut"
    AND ${visibleSourcesSql(viewer)} AND ${counting(viewer)}
) AS "finished"`;

/** Conditions, of which those that are undefined hold for every row. */
export const all = (...conditions: (Prisma.Sql | undefined)[]) =>
  Prisma.join(
    conditions.filter((condition) => condition !== undefined),
    ' AND ',
  );

export const inRange = ({ offset, sampleCount }: RangeRequest) =>
  all(
    Prisma.sql`TRUE`,
    offset === undefined ? undefined : Prisma.sql`"offset" = ${offset}`,
    sampleCount === undefined ? undefined : Prisma.sql`"sampleCount" = ${sampleCount}`,
  );

export const onDataset = (datasetId: string) => Prisma.sql`"datasetId" = ${datasetId}::UUID`;
export const ofModels = (modelIds: readonly string[]) => Prisma.sql`"modelId" = ANY(${modelIds}::UUID[])`;

/** @throws DomainError VALIDATION where the list is empty. */
export function checkAttackKinds(kinds: readonly string[]): void {
  if (kinds.length === 0) throw new DomainError('VALIDATION', 'Name at least one attack, or leave the list out.', ['attackKinds']);
}

/** @throws DomainError VALIDATION where the list is empty. */
export function underAttacks(kinds: readonly string[]): Prisma.Sql {
  checkAttackKinds(kinds);
  return Prisma.sql`"attackKind" = ANY(${kinds}::TEXT[])`;
}

export const withEpsilon = (epsilon: number | undefined) =>
  epsilon === undefined ? Prisma.sql`"epsilon" IS NULL` : Prisma.sql`"epsilon" = ${epsilon}::FLOAT8`;
