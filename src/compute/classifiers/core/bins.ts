/** Pixel values as a few ordered bins, among which trees look for thresholds. @module */
import type { Examples } from './definition.js';

/** Bins of a pixel: every value of 8-bit images has its own. */
const MOST = 256;

export interface Binned {
  /** `[size, count]`: a pixel's values of all examples lie together. */
  readonly bins: Uint8Array;
  /** Of each pixel, the lowest and the highest value of each bin. */
  readonly lowest: readonly Float32Array[];
  readonly highest: readonly Float32Array[];
}

/** Where a pixel has more than 256 values, its bins lie between quantiles of them. */
export function binned({ pixels, count, size }: Pick<Examples, 'pixels' | 'count' | 'size'>): Binned {
  const bins = new Uint8Array(size * count);
  const lowest: Float32Array[] = [];
  const highest: Float32Array[] = [];
  const column = new Float32Array(count);
  for (let p = 0; p < size; p++) {
    for (let i = 0; i < count; i++) column[i] = pixels[i * size + p]!;
    const values = Float32Array.from(new Set(column)).sort();
    const starts =
      values.length <= MOST ? values : Float32Array.from({ length: MOST }, (_, b) => values[Math.floor((b * values.length) / MOST)]!);
    lowest.push(starts);
    highest.push(
      values.length <= MOST ? values : starts.map((_, b) => values[b + 1 < MOST ? values.indexOf(starts[b + 1]!) - 1 : values.length - 1]!),
    );
    for (let i = 0; i < count; i++) bins[p * count + i] = positionOf(starts, column[i]!);
  }
  return { bins, lowest, highest };
}

/** The last start that is at most the value. */
function positionOf(starts: Float32Array, value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
