/** What statistics are made of. @module */
import { imported } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';
import { visibleModelSql } from '../access/visibility.js';

/** Which examples of a data set; all that is given must hold. */
export interface RangeRequest {
  readonly offset?: number;
  readonly sampleCount?: number;
}

/** Condition on models that count: they are ready, and the viewer sees them. */
export const counting = (viewer: Principal) => Prisma.sql`"Model"."status" = 'READY' AND ${visibleModelSql(viewer)}`;

/**
 * Evaluations that have finished, of models that count, and judged on stored images, so that numbers can be compared: a table for FROM, with the columns of
 * `Evaluation` and the fingerprint of the model. One of a random model that was repeated with
 * more predictions to judge by counts no more; of other models more predictions say nothing new.
 */
export const finished = (viewer: Principal) => Prisma.sql`(
  SELECT "Evaluation".*, "Model"."fingerprint" FROM "Evaluation" JOIN "Model" ON "Model"."id" = "Evaluation"."modelId"
  WHERE "Evaluation"."adversarialRight" IS NOT NULL AND "Evaluation"."judging" = 'STORED' AND ${counting(viewer)}
    AND NOT (COALESCE(("Evaluation"."diagnostics"->>'changed')::INT, 0) > 0 AND EXISTS (
      SELECT 1 FROM "Evaluation" AS "repeated"
      WHERE ("repeated"."modelId", "repeated"."datasetId", "repeated"."attackKind", "repeated"."offset", "repeated"."sampleCount", "repeated"."seed")
        = ("Evaluation"."modelId", "Evaluation"."datasetId", "Evaluation"."attackKind", "Evaluation"."offset", "Evaluation"."sampleCount", "Evaluation"."seed")
        AND "repeated"."judging" = 'STORED' AND "repeated"."adversarialRight" IS NOT NULL
        AND "repeated"."predictions" > "Evaluation"."predictions" AND "repeated"."parameters" = "Evaluation"."parameters"
        AND ("repeated"."attackKind" <> ${imported.kind} OR "repeated"."imagesArtifactId" = "Evaluation"."imagesArtifactId")
    ))
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
