/** How two measurements of the same things go together. @module */
import { Z_95 } from './proportion.js';

/** A number that was estimated, with its 95 % interval. */
export interface Estimate {
  /** null where it is not defined. */
  readonly value: number | null;
  readonly lower: number;
  /** null where there is no bound. */
  readonly upper: number | null;
  /** What it was estimated from. */
  readonly n: number;
}

/** Pearson's correlation; the interval is by Fisher's z (1921). Undefined where one side does not vary, and without bounds on a perfect line. */
export function pearson(x: readonly number[], y: readonly number[]): Estimate {
  return estimate(correlation(x, y), x.length, () => 1);
}

/** Spearman's rank correlation, ties at the mean of their ranks; the interval is by Fisher's z with the variance of Bonett and Wright (2000). */
export function spearman(x: readonly number[], y: readonly number[]): Estimate {
  return estimate(correlation(ranks(x), ranks(y)), x.length, (value) => 1 + value ** 2 / 2);
}

function correlation(x: readonly number[], y: readonly number[]): number | null {
  const [meanX, meanY] = [mean(x), mean(y)];
  const sum = (term: (i: number) => number) => x.reduce((total, _, i) => total + term(i), 0);
  const spread = Math.sqrt(sum((i) => (x[i]! - meanX) ** 2) * sum((i) => (y[i]! - meanY) ** 2));
  if (!(spread > 0)) return null;
  // Rounding must not take it out of its range.
  return Math.max(-1, Math.min(1, sum((i) => (x[i]! - meanX) * (y[i]! - meanY)) / spread));
}

const ROUNDING = 1e-12;

/** @param variance of Fisher's z, times n - 3. */
function estimate(value: number | null, n: number, variance: (value: number) => number): Estimate {
  // Fisher's z is infinite on a perfect line: an interval without width would say that the next point must lie on it too.
  if (value === null || n <= 3 || 1 - Math.abs(value) < ROUNDING) return { value, lower: -1, upper: 1, n };
  const half = Z_95 * Math.sqrt(variance(value) / (n - 3));
  return { value, lower: Math.tanh(Math.atanh(value) - half), upper: Math.tanh(Math.atanh(value) + half), n };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** From 1 on. */
function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const ranked = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (const position of order.slice(start, end)) ranked[position] = (start + 1 + end) / 2;
    start = end;
  }
  return ranked;
}
