/** Holm's correction for many tests at once (Holm 1979): keeps the chance of any false alarm among them at alpha, whatever their dependence. @module */

/** @param pValues of tests that are judged together. @returns for each, whether it is significant. */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  // The smallest is held against alpha / m, the next against alpha / (m - 1), until one fails: from there on none is significant.
  const failed = order.findIndex((test, rank) => pValues[test]! > alpha / (pValues.length - rank));
  const significant = new Set(failed < 0 ? order : order.slice(0, failed));
  return pValues.map((_, test) => significant.has(test));
}
