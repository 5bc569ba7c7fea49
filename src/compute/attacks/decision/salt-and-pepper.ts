/** An image with salt-and-pepper noise to start from: ever more of it, then as little as reaches the goal, by the schedule of Foolbox. @module */
import type { OneExample } from './per-example.js';
import { type Asking, isReachedBy } from './together.js';

/** The most noise that is tried after an image that reaches the goal, as a share of what that has, and what the next one has of it. */
const [ABOVE, BELOW] = [1.2, 0.5];

/**
 * Writes the nearest image of noise that reaches the goal into `best`, which stays as it is where none does.
 * @param tries images of noise. @param channels of an image: all values of a pixel are black or white.
 */
export function* nearestNoise({ original, best, stream }: OneExample, tries: number, channels: number): Asking {
  const noisy = new Float32Array(original.length);
  let nearest = Infinity;
  let [least, most, step] = [0, 1, 1 / tries];
  let share = step;
  for (let attempt = 0; attempt < tries; attempt++) {
    drawNoise(share);
    const length = noisy.reduce((sum, value, p) => sum + (value - original[p]!) ** 2, 0);
    const isNearer = (yield* isReachedBy((image) => image.set(noisy))) && length < nearest;
    if (isNearer) {
      best.set(noisy);
      nearest = length;
      [least, most] = [BELOW * share, Math.min(1, ABOVE * share)];
      step = (most - least) / (tries - attempt);
    }
    share = Math.min(most, (isNearer || share === most ? least : share) + step);
  }

  function drawNoise(share: number): void {
    for (let p = 0; p < noisy.length; p += channels) {
      const draw = stream.uniform();
      for (let c = p; c < p + channels; c++) noisy[c] = draw < share / 2 ? 0 : draw >= 1 - share / 2 ? 1 : original[c]!;
    }
  }
}
