/** The rounds of A³, of the authors' code, and the directions in logits that its starts climb. @module */
import type { RandomStream } from '../../random.js';

export interface Round {
  /** Of the examples that are not fooled, those that go into it: the nearest to being fooled. */
  readonly share: number;
  /** Steps along the direction, before those on the margin. */
  readonly startSteps: number;
  readonly steps: number;
  readonly restarts: number;
}

const round = (share: number, startSteps: number, steps: number, restarts = 1): Round => ({ share, startSteps, steps, restarts });

const FIRST = [round(1, 0, 8), round(1, 7, 8), round(1, 7, 8)];

/** Where starts alone hardly fool the model: fewer and fewer examples, with more and more steps. */
const ON_FEWER = [
  ...[round(0.7, 7, 25), round(0.6, 7, 30), round(0.5, 7, 30), round(0.4, 7, 35), round(0.3, 7, 40), round(0.2, 7, 45)],
  ...[round(0.1, 7, 50), round(0.1, 7, 50, 4), round(0.065, 7, 55, 4), round(0.03, 7, 60, 50)],
];

/** Where they do: more steps on starts. */
const ON_STARTS = [
  ...[round(1, 10, 5, 10), round(1, 15, 5), round(1, 15, 10), round(1, 10, 10), round(1, 10, 15), round(1, 10, 18), round(1, 10, 20)],
  ...[round(0.8, 10, 25, 5), round(0.5, 10, 35, 5), round(0.5, 10, 45, 20)],
];

export const ROUND_COUNT = FIRST.length + ON_FEWER.length;

/** Share of the examples that starts alone must fool for {@link ON_STARTS}. */
export const MANY_BY_STARTS = 0.05;

/** Where fewer of the examples are left, none is discarded, and each has more starts. */
export const FEW_LEFT = 0.1;
export const STARTS_OF_FEW = 10;

/** What was learned from the first rounds on other examples. */
export interface Directions {
  /** Whether starts alone fool many. */
  readonly byStarts: boolean;
  /** Of those that were fooled from random directions: the sum of the directions at the class that they became, and at their own. */
  readonly reached: number;
  readonly left: number;
}

export function scheduleOf({ byStarts }: Directions): readonly Round[] {
  return [...FIRST, ...(byStarts ? ON_STARTS : ON_FEWER)];
}

/** Bounds of the direction at the example's class, and the value at the one wrong class, in units of a tenth of the classes. */
function boundsOf({ byStarts, reached, left }: Directions, classes: number, isFinal: boolean): readonly [number, number, number] {
  if (isFinal) return byStarts ? [0, 0, 0.8] : classes > 10 ? [-0.5, 0.1, 0.8] : [-0.8, 0.1, 0.8];
  if (byStarts) return [-0.1, 0.5, 0.8];
  if (classes > 10 || left <= 0) return [-0.5, 0.1, reached < 0 && classes <= 10 ? -0.8 : 0.8];
  return [-0.1, 0.5, reached < 0 ? -0.8 : 0.8];
}

/** Wrong classes that starts go for in turn. */
function targetCount(classes: number, isFinal: boolean, byStarts: boolean): number {
  const most = classes <= 10 ? (isFinal && !byStarts ? 4 : 9) : classes <= 100 ? 14 : 20;
  return Math.min(most, classes - 1);
}

/**
 * A direction in logits for one start.
 * @param wrong wrong classes of the example, the likeliest first. @param start number of the start, over all rounds.
 */
export function drawDirection(
  stream: RandomStream,
  label: number,
  wrong: readonly number[],
  learned: Directions,
  { round: at, start }: { readonly round: number; readonly start: number },
): Float32Array {
  const classes = wrong.length + 1;
  const direction = Float32Array.from({ length: classes }, () => 2 * stream.uniform() - 1);
  if (at < 2) return direction;
  const isFinal = at >= (learned.byStarts ? 11 : 10);
  const [low, high, target] = boundsOf(learned, classes, isFinal);
  direction[label] = (classes / 10) * (low + (high - low) * stream.uniform());
  direction[wrong[(start - 1) % targetCount(classes, isFinal, learned.byStarts)]!] = (classes / 10) * target;
  return direction;
}
