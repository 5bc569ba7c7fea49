/** Choosing the size of micro-batches by measurement. @module */
import { secondsSince } from '../statistics.js';

export interface Measurement {
  /** Seconds an example. */
  readonly seconds: number;
  /** Elements of the largest value, an example. */
  readonly largestValue: number;
}

/** A single image takes other paths through matrix products than one of several, and so ends in other last digits. */
export const SMALLEST = 2;
const LARGEST = 64;
const FIRST = 8;
/** Where one example's values are this large, a micro-batch of {@link FIRST} only costs memory. */
const LARGE_VALUE = 1 << 19;
/** Tuning ends when it has taken this long. */
const BUDGET_SECONDS = 4;
/** A size must be this much faster than its neighbour to be worth going on. */
const GAIN = 1.02;

/**
 * Climbs from a middle size by factors of two, up while that pays, else down. Small micro-batches keep activations in the cache; large ones
 * read large weights less often.
 * @param measure compiles for a size and measures it.
 */
export async function chooseMicroBatch(measure: (size: number) => Promise<Measurement>): Promise<number> {
  const start = performance.now();
  let best = FIRST;
  const { seconds: first, largestValue } = await measure(best);
  let seconds = first;
  if (largestValue > LARGE_VALUE) return largestValue > 4 * LARGE_VALUE ? 2 : 4;
  const climb = async (factor: number) => {
    let moved = false;
    while (secondsSince(start) < BUDGET_SECONDS) {
      const size = best * factor;
      if (size < SMALLEST || size > LARGEST) break;
      const measured = await measure(size);
      if (measured.seconds * GAIN > seconds) break;
      ({ seconds } = measured);
      best = size;
      moved = true;
    }
    return moved;
  };
  if (!(await climb(2))) await climb(0.5);
  return best;
}
