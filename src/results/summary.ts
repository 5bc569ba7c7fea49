/** Numbers of an evaluation, from the outcomes of its examples. @module */
import type { Judging } from '../compute/distances/index.js';
import { isOtherSuccess, isTargeted, isSuccess, reachesTarget, staysRight, wasRight, type Outcomes } from './outcomes.js';

/** Distances and similarities that are averaged. */
const MEASURES = ['linf', 'l2', 'l1', 'l0', 'l0Pixels', 'ssim', 'pass', 'attackDistance'] as const satisfies readonly (keyof Outcomes)[];
export type Average = 'mean' | 'median';
/** Over the successful adversarial examples; null where there is none, and where one of them was measured before the measure was known. */
export type Averages = Record<`${Average}${Capitalize<(typeof MEASURES)[number]>}`, number | null>;

/** Counts are of examples. */
export interface Summary extends Averages {
  readonly cleanTop1: number;
  readonly cleanTop5: number;
  readonly adversarialTop1: number;
  readonly adversarialTop5: number;
  /** Accuracy of one prediction, on average over those that decide; null where only their majority is known. */
  readonly cleanMean: number | null;
  readonly adversarialMean: number | null;
  /** Right on the same images as the other judging has them; null where some were not predicted. */
  readonly otherTop1: number | null;
  /** Right before, wrong on the floats, and right on the stored images; null where some were not predicted. */
  readonly undoneByRounding: number | null;
  readonly successes: number;
  /** Right before, and not of the class that the attack aimed at; null where it had no target. */
  readonly aimed: number | null;
  /** Those of them that it made into that class. */
  readonly targetsReached: number | null;
  /** Forward passes of the attack over all examples. */
  readonly queries: bigint;
  /** Backward passes of the attack over all examples. */
  readonly gradients: bigint;
}

/** @param judging what the predictions under attack are of. */
export function summarise(outcomes: Outcomes, judging: Judging = 'STORED'): Summary {
  const examples = Array.from({ length: outcomes.count }, (_, i) => i);
  const count = (holds: (i: number) => boolean) => examples.filter(holds).length;
  const hasTarget = examples.some((i) => !Number.isNaN(outcomes.target[i]!));
  const successful = examples.filter((i) => isSuccess(outcomes, i));
  const total = (values: Int32Array) => BigInt(values.reduce((sum, value) => sum + value, 0));
  const knowsOther = examples.every((i) => !Number.isNaN(outcomes.otherPrediction[i]!));
  return {
    cleanTop1: count((i) => wasRight(outcomes, i)),
    cleanTop5: count((i) => outcomes.cleanTop5[i] === 1),
    adversarialTop1: count((i) => staysRight(outcomes, i)),
    adversarialTop5: count((i) => outcomes.adversarialTop5[i] === 1),
    cleanMean: mean(outcomes.cleanVotes),
    adversarialMean: mean(outcomes.adversarialVotes),
    otherTop1: knowsOther ? count((i) => outcomes.otherPrediction[i] === outcomes.labels[i]) : null,
    undoneByRounding: knowsOther ? count((i) => isUndone(outcomes, judging, i)) : null,
    successes: successful.length,
    aimed: hasTarget ? count((i) => isTargeted(outcomes, i)) : null,
    targetsReached: hasTarget ? count((i) => reachesTarget(outcomes, i)) : null,
    ...averages(outcomes, successful),
    queries: total(outcomes.queries),
    gradients: total(outcomes.gradients),
  };
}

/** Success on floats alone. */
function isUndone(outcomes: Outcomes, judging: Judging, i: number): boolean {
  const [judged, other] = [isSuccess(outcomes, i), isOtherSuccess(outcomes, i)];
  return judging === 'FLOAT' ? judged && other === false : !judged && other === true;
}

function averages(outcomes: Outcomes, successful: readonly number[]): Averages {
  const entries = MEASURES.flatMap((measure) => {
    const values = successful.map((i) => outcomes[measure][i]!).sort((a, b) => a - b);
    const isKnown = values.length > 0 && !values.some(Number.isNaN);
    const name = measure[0]!.toUpperCase() + measure.slice(1);
    return [
      [`mean${name}`, isKnown ? values.reduce((sum, value) => sum + value, 0) / values.length : null],
      [`median${name}`, isKnown ? median(values) : null],
    ];
  });
  return Object.fromEntries(entries) as Averages;
}

/** Lp distances, in the units of {@link Outcomes}. */
export type Distances = Record<'linf' | 'l2' | 'l1' | 'l0', number> & {
  /** Null: measured before the measure was known. */
  readonly l0Pixels: number | null;
  /** Null: the attack has none of its own, too. */
  readonly attackDistance: number | null;
};

/**
 * Median distance over all examples that were right before the attack, where a failure counts as infinite, as minimum-norm attacks are compared (Brendel et al.
 * 2019, arXiv 1907.01003): unlike the median over successes, it does not shrink where an attack gives up on the hard examples.
 * @returns null where half of them or more failed, which makes it infinite, or where a distance was not measured.
 */
export function medianOverAll(outcomes: Outcomes): Distances | null {
  const attacked = Array.from({ length: outcomes.count }, (_, i) => i).filter((i) => wasRight(outcomes, i));
  const of = (name: keyof Distances) =>
    attacked.length === 0
      ? NaN
      : median(attacked.map((i) => (isSuccess(outcomes, i) ? outcomes[name][i]! : Infinity)).sort((a, b) => (a === b ? 0 : a - b)));
  const ifKnown = (name: keyof Distances) => (outcomes[name].some(Number.isNaN) ? null : of(name));
  const medians = {
    linf: of('linf'),
    l2: of('l2'),
    l1: of('l1'),
    l0: of('l0'),
    l0Pixels: ifKnown('l0Pixels'),
    attackDistance: ifKnown('attackDistance'),
  };
  return Number.isFinite(medians.linf) ? medians : null;
}

function mean(values: Float32Array): number | null {
  const sum = values.reduce((total, value) => total + value, 0);
  // Shares are kept in float32, whose last digits mean nothing.
  return Number.isFinite(sum) && values.length > 0 ? Number((sum / values.length).toFixed(6)) : null;
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
