/** From a point that decisions on floats led to, to an image that success is decided on. @module */
import type { BlackBox } from '../core/black-box.js';
import type { Shortest } from '../core/shortest.js';

/** Distances from the original, in units of the point's, that are asked about in turn until one fools the model: rounding to 8 bits may undo the first. */
const OVERSHOOTS = [1, 1.01, 1.02, 1.04];

/** Most queries of each example that {@link takeJudged} asks. */
export const JUDGED_QUERIES = OVERSHOOTS.length;

/**
 * Asks about a point as success is decided on it, then about points a little further from the original, and gives `shortest` the first that reaches the goal.
 * @param draw writes the image of an example at a distance from the original, in units of the point's.
 */
export async function takeJudged(
  box: BlackBox,
  shortest: Shortest,
  examples: Int32Array,
  draw: (example: number, reach: number, image: Float32Array) => void,
): Promise<void> {
  let open = examples;
  for (const overshoot of OVERSHOOTS) {
    const missed: number[] = [];
    const asked = open;
    await box.decisions(
      asked,
      (at, image) => {
        draw(asked[at]!, overshoot, image);
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
