/** Whether models read the label off what one-step attacks add to the image. @module */
import { attacks } from '../../compute/attacks/index.js';
import { type Estimate, holmAdjusted, mcnemarExact, pairedDifference } from '../../compute/statistics/index.js';
import type { DatabaseClient } from '../../storage/database.js';
import type { Principal } from '../token/principal.js';
import { all, counting, inRange, ofModels, onDataset, type RangeRequest, underAttacks, withEpsilon } from './finished.js';

export interface LabelLeakingRequest extends RangeRequest {
  readonly datasetId: string;
  readonly modelIds?: readonly string[];
  readonly attackKinds?: readonly string[];
  readonly epsilon?: number;
}

/** What evaluations that count alike have in common. */
export interface LeakingTest {
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
  readonly gained: number;
  readonly lost: number;
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
    SELECT "sampleCount", "gained", "lost", string_agg("newest"."id"::TEXT, ',' ORDER BY "newest"."id") AS "ids"
    FROM (
      SELECT DISTINCT ON ("modelId", "attackKind", "parametersHash") "id", "modelId", "sampleCount",
        "adversarialTop1" - "cleanTop1" + "successes" AS "gained", "successes" AS "lost"
      FROM "Evaluation" WHERE "adversarialRight" IS NOT NULL AND "gradients" = "sampleCount" AND ${wanted}
      ORDER BY "modelId", "attackKind", "parametersHash", "sampleCount" DESC, "finishedAt" DESC
    ) AS "newest" JOIN "Model" ON "Model"."id" = "newest"."modelId"
    WHERE ${counting(viewer)}
    GROUP BY "sampleCount", "gained", "lost"
    ORDER BY "lost", "gained", "sampleCount"`;
  const tests = rows.map(testOf).sort((a, b) => a.pValue - b.pValue);
  const adjusted = holmAdjusted(tests.flatMap(({ evaluationIds, pValue }) => evaluationIds.map(() => pValue)));
  let position = 0;
  return tests.map((test) => {
    const adjustedPValue = adjusted[position]!;
    position += test.evaluationIds.length;
    return { ...test, adjustedPValue };
  });
}

function testOf({ sampleCount: n, gained, lost, ids }: CountRow) {
  return {
    gained,
    lost,
    difference: pairedDifference({ onlyFirst: gained, onlySecond: lost, n }),
    pValue: mcnemarExact(gained, lost),
    evaluationIds: ids.split(','),
  };
}
