/** Destruction rates, from the outcomes of single examples. @module */
import type { TransformedPredictions } from '../compute/evaluation/index.js';
import { isSuccess, type Outcomes, wasRight } from './outcomes.js';

/** Numbers of examples: those of several shards add up. */
export interface DestructionCounts {
  /** Right on the original image. */
  readonly right: number;
  /** Of those, right on the transformed original image too. */
  readonly stillRight: number;
  /** Right on the original image, wrong on the adversarial one. */
  readonly successes: number;
  /** Of those, right on the transformed adversarial image. */
  readonly destroyed: number;
}

export const NOTHING_COUNTED: DestructionCounts = { right: 0, stillRight: 0, successes: 0, destroyed: 0 };

/** @param from position of the first example of `predicted` in the evaluation. */
export function countDestroyed(
  before: DestructionCounts,
  outcomes: Outcomes,
  from: number,
  predicted: TransformedPredictions,
): DestructionCounts {
  const counts = { ...before };
  for (const [at, prediction] of predicted.adversarial.entries()) {
    const i = from + at;
    if (!wasRight(outcomes, i)) continue;
    counts.right++;
    if (predicted.clean[at] === outcomes.labels[i]) counts.stillRight++;
    if (!isSuccess(outcomes, i)) continue;
    counts.successes++;
    if (prediction === outcomes.labels[i]) counts.destroyed++;
  }
  return counts;
}

/** The counts of several shards as one. */
export const joinCounts = (shards: readonly DestructionCounts[]): DestructionCounts =>
  shards.reduce((sum, { right, stillRight, successes, destroyed }) => {
    return {
      right: sum.right + right,
      stillRight: sum.stillRight + stillRight,
      successes: sum.successes + successes,
      destroyed: sum.destroyed + destroyed,
    };
  }, NOTHING_COUNTED);
