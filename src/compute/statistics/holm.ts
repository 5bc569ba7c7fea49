/** Holm's correction for many tests at once (Holm 1979): keeps the chance of any false alarm among them at alpha, whatever their dependence. @module */

/** @param pValues of tests that are corrected together. @returns for each, the smallest alpha at which it is significant. */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  // The smallest counts m times, the next m - 1 times; none may come out before one that is smaller.
  let most = 0;
  for (const [rank, test] of order.entries()) {
    most = Math.max(most, Math.min(1, pValues[test]! * (pValues.length - rank)));
    adjusted[test] = most;
  }
  return adjusted;
}

/** @param pValues of tests that are corrected together. @returns for each, whether it is significant. */
export const holm = (pValues: readonly number[], alpha: number): boolean[] => holmAdjusted(pValues).map((pValue) => pValue <= alpha);
