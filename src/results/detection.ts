/** A detector of adversarial images, before and under attack. @module */
import { type Proportion, wilson } from '../compute/statistics/index.js';
import { isSuccess, staysRight, wasRight, type Outcomes } from './outcomes.js';

interface Detection {
  /** Scores above it are rejected. */
  readonly threshold: number;
  /** Clean images above the threshold. */
  readonly falsePositives: Proportion;
  /** Of the adversarial images that are misclassified, those above it. */
  readonly truePositives: Proportion;
  /** Area under the ROC curve: the chance that a misclassified adversarial image has a higher score than a clean one, ties counting half. Null without one. */
  readonly area: number | null;
  /** Clean images that are classified correctly and not rejected. */
  readonly clean: Proportion;
  /** Images that are still classified correctly or rejected under attack, of those that were classified correctly and not rejected before. */
  readonly robust: Proportion;
}

/** Of models that say nothing else. */
export const FALSE_POSITIVE_RATE = 0.05;

/** Undefined where no scores of a detector were kept. @param rate share of clean images that may be rejected. */
export function detectionOf(outcomes: Outcomes, rate: number): Detection | undefined {
  const { count, cleanDetection, adversarialDetection } = outcomes;
  if (count === 0 || Number.isNaN(cleanDetection[0]!)) return undefined;
  const threshold = thresholdAt(cleanDetection, rate);
  const examples = Array.from({ length: count }, (_, i) => i);
  const number = (of: readonly number[], holds: (i: number) => boolean) => wilson(of.filter(holds).length, of.length);
  const successes = examples.filter((i) => isSuccess(outcomes, i));
  const isAccepted = (i: number) => cleanDetection[i]! <= threshold && wasRight(outcomes, i);
  const accepted = examples.filter(isAccepted);
  return {
    threshold,
    falsePositives: number(examples, (i) => cleanDetection[i]! > threshold),
    truePositives: number(successes, (i) => adversarialDetection[i]! > threshold),
    area: areaUnderCurve(
      cleanDetection,
      successes.map((i) => adversarialDetection[i]!),
    ),
    clean: number(examples, isAccepted),
    robust: number(accepted, (i) => staysRight(outcomes, i) || adversarialDetection[i]! > threshold),
  };
}

/** The smallest score that no more than the share of the clean ones exceeds. */
function thresholdAt(clean: Float32Array, rate: number): number {
  const sorted = clean.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, sorted.length - 1 - Math.floor(rate * sorted.length)))]!;
}

/** By ranks (Mann and Whitney 1947). */
function areaUnderCurve(negatives: Float32Array, positives: readonly number[]): number | null {
  if (positives.length === 0) return null;
  const sorted = negatives.slice().sort();
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = positives.reduce((sum, value) => sum + (below(value, false) + below(value, true)) / 2, 0);
  return wins / (positives.length * sorted.length);
}
