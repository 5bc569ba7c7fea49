/** Choosing the size of micro-batches by measurement. @module */
import { secondsSince } from '../statistics.js';

/** A single image takes other paths through matrix products than one of several, and so ends in other last digits. */
export const SMALLEST = 2;
const LARGEST = 64;
const FIRST = 8;
/** Where an example's largest value has as many elements, nothing stays in the cache, and one run takes seconds: not worth measuring. */
const LARGE_VALUE = 1 << 19;
/** Tuning ends when it has taken this long. */
const BUDGET_SECONDS = 4;
/** A size must be this much faster than its neighbour to be worth going on. */
const GAIN = 1.02;

/**
 * Climbs from a middle size by factors of two, up while that pays, else down. Small micro-batches keep activations in the cache; large ones
 * read large weights less often.
 * @param largestValue elements of the largest value that one example needs.
 * @param measure compiles for a size, and finds the seconds that an example takes.
 */
export async function chooseMicroBatch(largestValue: number, measure: (size: number) => Promise<number>): Promise<number> {
  if (largestValue > LARGE_VALUE) return largestValue > 4 * LARGE_VALUE ? 2 : 4;
  const start = performance.now();
  let best = FIRST;
  let seconds = await measure(best);
  const climb = async (factor: number) => {
    let moved = false;
    while (secondsSince(start) < BUDGET_SECONDS) {
      const size = best * factor;
      if (size < SMALLEST || size > LARGEST) break;
      const measured = await measure(size);
      if (measured * GAIN > seconds) break;
      seconds = measured;
      best = size;
      moved = true;
    }
    return moved;
  };
  if (!(await climb(2))) await climb(0.5);
  return best;
}
