/** Whether models read the label off what one-step attacks add to the image. @module */
import { attacks } from '../../compute/attacks/registry.js';
import type { Estimate } from '../../compute/metrics/correlation.js';
import { holmAdjusted } from '../../compute/metrics/holm.js';
import { mcnemarExact } from '../../compute/metrics/mcnemar.js';
import { pairedDifference } from '../../compute/metrics/paired.js';
import { wilson, type Proportion } from '../../compute/metrics/proportion.js';
import type { TrainingPlan } from '../../compute/training/request.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Principal } from '../principal.js';
import { all, finished, inRange, ofModels, onDataset, underAttacks, withEpsilon, type RangeRequest } from './finished.js';

export interface LabelLeakingRequest extends RangeRequest {
  readonly datasetId: string;
  readonly modelIds?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly epsilon?: number;
}

/** A model under a one-step attack. */
export interface LeakingRow {
  readonly evaluationId: string;
  readonly modelId: string;
  /** Of the model's training; null where it was submitted. */
  readonly scheme: string | null;
  readonly trainingAttacks: readonly string[];
  readonly clean: Proportion;
  readonly adversarial: Proportion;
  /** Examples that are right only with the attack, and only without it. */
  readonly gained: number;
  readonly lost: number;
  /** Adversarial less clean accuracy. */
  readonly difference: Estimate;
  /** Exact McNemar test that the model is right more often under attack, one-sided. */
  readonly pValue: number;
  /** By Holm's correction over all rows. */
  readonly adjustedPValue: number;
}

interface CountRow {
  readonly id: string;
  readonly modelId: string;
  readonly scheme: TrainingPlan['scheme'] | null;
  readonly sampleCount: number;
  readonly cleanTop1: number;
  readonly adversarialTop1: number;
  readonly gained: number;
  readonly lost: number;
}

const GRADIENT_ATTACKS = attacks.filter(({ access }) => access === 'GRADIENT').map(({ kind }) => kind);

/**
 * Every model under every attack that spent one backward pass on each example, with each set of its parameters: the largest range, then the newest result.
 * @returns what speaks loudest for leaking first.
 */
export async function labelLeaking(prisma: DatabaseClient, viewer: Principal, request: LabelLeakingRequest): Promise<LeakingRow[]> {
  const { datasetId, modelIds, attackKinds, epsilon, ...range } = request;
  const wanted = all(
    onDataset(datasetId),
    inRange(range),
    attackKinds && underAttacks(attackKinds),
    underAttacks(GRADIENT_ATTACKS),
    modelIds && ofModels(modelIds),
    epsilon === undefined ? undefined : withEpsilon(epsilon),
  );
  const rows = await prisma.$queryRaw<CountRow[]>`
    SELECT DISTINCT ON ("modelId", "attackKind", "parameters") "id", "modelId", "sampleCount", "cleanTop1", "adversarialTop1",
      (SELECT "plan" -> 'scheme' FROM "TrainingRun" WHERE "TrainingRun"."modelId" = "finished"."modelId") AS "scheme",
      bit_count(~"cleanRight" & "adversarialRight")::INT AS "gained",
      bit_count("cleanRight" & ~"adversarialRight")::INT AS "lost"
    FROM ${finished(viewer)} WHERE ${wanted} AND "gradients" = "sampleCount"
    ORDER BY "modelId", "attackKind", "parameters", "sampleCount" DESC, "finishedAt" DESC`;
  const pValues = rows.map(({ gained, lost }) => mcnemarExact(gained, lost));
  const adjusted = holmAdjusted(pValues);
  return rows.map((row, i) => leakingRow(row, pValues[i]!, adjusted[i]!)).sort((a, b) => a.pValue - b.pValue);
}

function leakingRow({ id, modelId, scheme, gained, lost, ...row }: CountRow, pValue: number, adjustedPValue: number): LeakingRow {
  const { sampleCount: n, cleanTop1, adversarialTop1 } = row;
  return {
    evaluationId: id,
    modelId,
    scheme: scheme?.name ?? null,
    trainingAttacks: scheme?.attacks.map(({ kind }) => kind) ?? [],
    clean: wilson(cleanTop1, n),
    adversarial: wilson(adversarialTop1, n),
    gained,
    lost,
    difference: pairedDifference({ both: cleanTop1 - lost, onlyFirst: gained, onlySecond: lost, n }),
    pValue,
    adjustedPValue,
  };
}
