/** Shares with their uncertainty. @module */

/** A share of n examples with its 95 % interval; without examples there is no share. */
export interface ProportionEstimate {
  readonly value: number | null;
  readonly lower: number;
  readonly upper: number;
  readonly n: number;
}

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** Wilson's score interval (Wilson 1927): unlike the normal approximation it stays inside [0, 1] and holds for shares near 0 and 1. */
export function wilson(successes: number, n: number): ProportionEstimate {
  if (n === 0) return { value: null, lower: 0, upper: 1, n };
  const value = successes / n;
  const denominator = 1 + Z ** 2 / n;
  const centre = (value + Z ** 2 / (2 * n)) / denominator;
  const half = (Z / denominator) * Math.sqrt((value * (1 - value)) / n + Z ** 2 / (4 * n ** 2));
  // At 0 and 1 the interval ends there exactly; rounding errors must not push it past the value.
  return { value, lower: successes === 0 ? 0 : centre - half, upper: successes === n ? 1 : centre + half, n };
}
