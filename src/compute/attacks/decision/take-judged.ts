/** From a point that decisions on floats led to, to an image that success is decided on. @module */
import type { BlackBox } from '../core/black-box.js';
import { clipped } from '../core/image-arrays.js';
import type { Shortest } from '../core/shortest.js';

/** Distances from the original, in units of the point's, that are asked about in turn until one fools the model: rounding to 8 bits may undo the first. */
const OVERSHOOTS = [1, 1.01, 1.02, 1.04];

/** Most queries of each example that {@link takeJudged} asks. */
export const JUDGED_QUERIES = OVERSHOOTS.length;

/**
 * Asks about a point as success is decided on it, then about points a little further from the original, and gives `shortest` the first that reaches the goal.
 * @param pointOf the point of an example.
 */
export async function takeJudged(
  box: BlackBox,
  shortest: Shortest,
  examples: Int32Array,
  pointOf: (example: number) => Float32Array,
): Promise<void> {
  let open = examples;
  for (const overshoot of OVERSHOOTS) {
    const missed: number[] = [];
    const asked = open;
    await box.decisions(
      asked,
      (at, image) => {
        const [original, point] = [box.original(asked[at]!), pointOf(asked[at]!)];
        for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + overshoot * (point[p]! - original[p]!));
        box.round(image);
      },
      (at, image, predicted) => {
        if (box.isReached(asked[at]!, predicted)) shortest.take(asked[at]!, image);
        else missed.push(asked[at]!);
      },
    );
    open = Int32Array.from(missed);
  }
}
