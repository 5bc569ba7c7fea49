/** Shares of a sample, and how sure they are. @module */
import jstat from 'jstat';

export interface Proportion {
  /** null where n is 0. */
  readonly value: number | null;
  /** 95 % interval after Wilson (1927): unlike the normal approximation it is right near 0 and 1, and stays inside them. */
  readonly lower: number;
  readonly upper: number;
  readonly n: number;
}

/** 97.5 % quantile of the standard normal. */
export const Z_95 = 1.959963984540054;

/** @param successes of n trials. */
export function wilson(successes: number, n: number): Proportion {
  if (n === 0) return { value: null, lower: 0, upper: 1, n };
  const value = successes / n;
  const square = (Z_95 * Z_95) / n;
  const centre = (value + square / 2) / (1 + square);
  const half = (Z_95 / (1 + square)) * Math.sqrt((value * (1 - value)) / n + square / (4 * n));
  // At the ends the interval touches 0 or 1 exactly; rounding must not move it away.
  return { value, lower: successes === 0 ? 0 : centre - half, upper: successes === n ? 1 : centre + half, n };
}

/** How likely at least `successes` of n trials are where each succeeds with probability `share`: the exact one-sided binomial test that it is more. */
export const atLeast = (successes: number, n: number, share: number): number =>
  successes === 0 ? 1 : jstat.beta.cdf(share, successes, n - successes + 1);
