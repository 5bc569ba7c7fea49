/** The best pair of JSMA's saliency map, without a look at all pairs. @module */

/**
 * The pair (p, q) with the largest `(gain_p + gain_q) · (relief_p + relief_q)`, both sums positive. A pixel that two others beat in both gain and relief is in no
 * better pair than one of those, so only the pixels that fewer than two beat are paired: a few dozen of a thousand.
 * @returns nothing where no pair has two positive sums.
 */
export function bestPair(pixels: Int32Array, gain: (p: number) => number, relief: (p: number) => number): readonly number[] {
  const front = unbeaten(pixels, gain, relief);
  let [best, score]: [readonly number[], number] = [[], 0];
  for (const [at, p] of front.entries()) {
    for (const q of front.slice(0, at)) {
      const [gains, reliefs] = [gain(p) + gain(q), relief(p) + relief(q)];
      if (gains <= 0 || reliefs <= 0 || gains * reliefs <= score) continue;
      [best, score] = [[q, p], gains * reliefs];
    }
  }
  return best;
}

/** Pixels that fewer than two others beat, by falling gain. */
function unbeaten(pixels: Int32Array, gain: (p: number) => number, relief: (p: number) => number): number[] {
  let [highest, second] = [-Infinity, -Infinity];
  return [...pixels]
    .sort((p, q) => gain(q) - gain(p) || relief(q) - relief(p) || p - q)
    .filter((p) => {
      const own = relief(p);
      if (own <= second) return false;
      [highest, second] = own > highest ? [own, highest] : [highest, own];
      return true;
    });
}
