/** Whether models read the label off what one-step attacks add to the image. @module */
import { attacks } from '../../compute/attacks/registry.js';
import type { Estimate } from '../../compute/metrics/correlation.js';
import { holmAdjusted } from '../../compute/metrics/holm.js';
import { mcnemarExact } from '../../compute/metrics/mcnemar.js';
import { pairedDifference } from '../../compute/metrics/paired.js';
import { wilson, type Proportion } from '../../compute/metrics/proportion.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Principal } from '../principal.js';
import { all, counting, inRange, ofModels, onDataset, underAttacks, withEpsilon, type RangeRequest } from './finished.js';

export interface LabelLeakingRequest extends RangeRequest {
  readonly datasetId: string;
  readonly modelIds?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly epsilon?: number;
}

/** What evaluations that count alike have in common. */
export interface LeakingTest {
  readonly clean: Proportion;
  readonly adversarial: Proportion;
  /** Examples that are right only with the attack, and only without it. */
  readonly gained: number;
  readonly lost: number;
  /** Adversarial less clean accuracy. */
  readonly difference: Estimate;
  /** Exact McNemar test that the model is right more often under attack, one-sided. */
  readonly pValue: number;
  /** By Holm's correction over all evaluations. */
  readonly adjustedPValue: number;
  /** Each of a model under a one-step attack. */
  readonly evaluationIds: readonly string[];
}

interface CountRow {
  readonly sampleCount: number;
  readonly cleanTop1: number;
  readonly adversarialTop1: number;
  /** Right before the attack and wrong after. */
  readonly successes: number;
  /** Separated by commas: one text is read a hundred times as fast as a list, and there may be as many as evaluations. */
  readonly ids: string;
}

const GRADIENT_ATTACKS = attacks.filter(({ access }) => access === 'GRADIENT').map(({ kind }) => kind);

/**
 * Every model under every attack that spent one backward pass on each example, with each set of its parameters: the largest range, then the newest result.
 * Evaluations with the same counts have the same test, so there are far fewer of those.
 * @returns what speaks loudest for leaking first.
 */
export async function labelLeaking(prisma: DatabaseClient, viewer: Principal, request: LabelLeakingRequest): Promise<LeakingTest[]> {
  const { datasetId, modelIds, attackKinds, epsilon, ...range } = request;
  const wanted = all(
    onDataset(datasetId),
    inRange(range),
    attackKinds && underAttacks(attackKinds),
    underAttacks(GRADIENT_ATTACKS),
    modelIds && ofModels(modelIds),
    epsilon === undefined ? undefined : withEpsilon(epsilon),
  );
  // The newest are found in an index first, models after.
  const rows = await prisma.$queryRaw<CountRow[]>`
    SELECT "sampleCount", "cleanTop1", "adversarialTop1", "successes", string_agg("newest"."id"::TEXT, ',' ORDER BY "newest"."id") AS "ids"
    FROM (
      SELECT DISTINCT ON ("modelId", "attackKind", "parametersHash") "id", "modelId", "sampleCount", "cleanTop1", "adversarialTop1", "successes"
      FROM "Evaluation" WHERE "adversarialRight" IS NOT NULL AND "gradients" = "sampleCount" AND ${wanted}
      ORDER BY "modelId", "attackKind", "parametersHash", "sampleCount" DESC, "finishedAt" DESC
    ) AS "newest" JOIN "Model" ON "Model"."id" = "newest"."modelId"
    WHERE ${counting(viewer)}
    GROUP BY "sampleCount", "cleanTop1", "adversarialTop1", "successes"
    ORDER BY "successes", "adversarialTop1", "cleanTop1", "sampleCount"`;
  const tests = rows.map(testOf).sort((a, b) => a.pValue - b.pValue);
  const adjusted = holmAdjusted(tests.flatMap(({ evaluationIds, pValue }) => evaluationIds.map(() => pValue)));
  let position = 0;
  return tests.map((test) => {
    const adjustedPValue = adjusted[position]!;
    position += test.evaluationIds.length;
    return { ...test, adjustedPValue };
  });
}

function testOf({ sampleCount: n, cleanTop1, adversarialTop1, successes: lost, ids }: CountRow) {
  const both = cleanTop1 - lost;
  const gained = adversarialTop1 - both;
  return {
    clean: wilson(cleanTop1, n),
    adversarial: wilson(adversarialTop1, n),
    gained,
    lost,
    difference: pairedDifference({ both, onlyFirst: gained, onlySecond: lost, n }),
    pValue: mcnemarExact(gained, lost),
    evaluationIds: ids.split(','),
  };
}
