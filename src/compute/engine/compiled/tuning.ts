/** Choosing the size of micro-batches by measurement. @module */
import { secondsSince } from '../statistics.js';

/** A single image takes other paths through matrix products than one of several, and so ends in other last digits. */
export const SMALLEST = 2;
/** Sizes that are measured first, apart enough to tell from noise; the neighbours of the best follow. */
const COARSE = [4, 16, 64];
const LARGEST = 64;
/** Where an example's largest value has as many elements, nothing stays in the cache, and one run takes seconds: not worth measuring. */
const LARGE_VALUE = 1 << 19;
/** No further size is tried when tuning has taken this long. */
const BUDGET_SECONDS = 3;

/**
 * The fastest size. Small micro-batches keep activations in the cache; large ones read large weights less often.
 * @param largestValue elements of the largest value that one example needs.
 * @param measure compiles for a size, and finds the seconds that an example takes.
 */
export async function chooseMicroBatch(largestValue: number, measure: (size: number) => Promise<number>): Promise<number> {
  if (largestValue > LARGE_VALUE) return largestValue > 4 * LARGE_VALUE ? 2 : 4;
  const start = performance.now();
  const measured = new Map<number, number>();
  const fastest = () => [...measured].reduce((best, entry) => (entry[1] < best[1] ? entry : best))[0];
  const tryAll = async (sizes: readonly number[]) => {
    for (const size of sizes) {
      if (measured.size > 0 && secondsSince(start) > BUDGET_SECONDS) return;
      if (size >= SMALLEST && size <= LARGEST) measured.set(size, await measure(size));
    }
  };
  await tryAll(COARSE);
  const best = fastest();
  await tryAll([best / 2, best * 2]);
  return fastest();
}
