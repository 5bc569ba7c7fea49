/** How often two raters say the same. @module */

/**
 * Cohen's kappa (1960): agreement beyond what the two would have by chance, each keeping how often it names each class. Symmetric.
 * @param first classes named by the first. @param second classes named by the second, of the same examples in the same order.
 * @returns 1 for full agreement, 0 for what chance gives; null where both name one and the same class only.
 */
export function cohenKappa(first: Int32Array, second: Int32Array): number | null {
  const n = first.length;
  const [ofFirst, ofSecond] = [timesNamed(first), timesNamed(second)];
  const observed = first.filter((name, i) => name === second[i]).length / n;
  let expected = 0;
  for (const [name, times] of ofFirst) expected += (times * (ofSecond.get(name) ?? 0)) / (n * n);
  return expected === 1 ? null : (observed - expected) / (1 - expected);
}

function timesNamed(classes: Int32Array): Map<number, number> {
  const times = new Map<number, number>();
  for (const name of classes) times.set(name, (times.get(name) ?? 0) + 1);
  return times;
}
