/** McNemar's test (1947) in its exact form: do two models (or one model under two attacks) differ on the same examples? @module */

export interface McNemar {
  /** Examples that only the first got right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided: probability of a split at least this uneven where both are equally good. */
  readonly pValue: number;
}

/** @param first outcomes of the first, 1 where right. @param second outcomes of the second, on the same examples in the same order. */
export function mcnemar(first: Uint8Array, second: Uint8Array): McNemar {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const [i, right] of first.entries()) {
    if (right && !second[i]) onlyFirst++;
    else if (!right && second[i]) onlySecond++;
  }
  return { onlyFirst, onlySecond, pValue: mcnemarTwoSided(onlyFirst, onlySecond) };
}

/** Two-sided: how likely a split at least this uneven is when both sides are equally likely. */
export const mcnemarTwoSided = (onlyFirst: number, onlySecond: number): number =>
  Math.min(1, 2 * mcnemarExact(Math.max(onlyFirst, onlySecond), Math.min(onlyFirst, onlySecond)));

/**
 * One-sided: how likely at least `first` of the discordant pairs fall to the first side when both sides are equally likely.
 * @param first pairs where only the first is right. @param second pairs where only the second is right.
 */
export function mcnemarExact(first: number, second: number): number {
  // The side with fewer terms.
  return first > second ? lowerTail(first + second, second) : 1 - lowerTail(first + second, first - 1);
}

/** P[Binomial(n, 1/2) ≤ most], each term from the one before, in logarithms so that 2^-n does not vanish. */
function lowerTail(n: number, most: number): number {
  let logTerm = -n * Math.LN2;
  let sum = 0;
  for (let i = 0; i <= most; i++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, sum);
}
