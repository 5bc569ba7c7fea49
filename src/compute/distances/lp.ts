/** Distances of adversarial images from their originals. @module */
import { type Levels, mostOf } from '../tensors/index.js';

export interface Distortions {
  /** Largest change of a pixel value, a fraction of the pixel range. */
  readonly linf: Float32Array;
  /** Euclidean length of the change, pixel values as fractions of the range. */
  readonly l2: Float32Array;
  /** Sum of the changes of all pixel values, each a fraction of the range. */
  readonly l1: Float32Array;
  /** Share of pixel values that changed. */
  readonly l0: Float32Array;
  /** Share of pixels of which any channel changed. */
  readonly l0Pixels: Float32Array;
}

/** Part of the pixel range that is noise of float32, and no change. */
const NOISE = 1e-4 / 255;

/**
 * @param images `[n, ...]`. @param adversarial the same shape: the same levels, or floats that are fractions of the pixel range.
 * @param n number of images. @param channels values of a pixel, which lie beside each other.
 */
export function distortions(images: Levels, adversarial: Levels, n: number, channels = 1): Distortions {
  const size = n === 0 ? 0 : images.length / n;
  const most = mostOf(images);
  const toLevels = most / mostOf(adversarial);
  const noise = NOISE * most;
  const zeros = () => new Float32Array(n);
  const result = { linf: zeros(), l2: zeros(), l1: zeros(), l0: zeros(), l0Pixels: zeros() };
  for (let i = 0; i < n; i++) {
    let largest = 0;
    let squares = 0;
    let sum = 0;
    let changed = 0;
    let pixels = 0;
    let last = -1;
    for (let p = i * size; p < (i + 1) * size; p++) {
      const distance = Math.abs(images[p]! - toLevels * adversarial[p]!);
      if (distance < noise) continue;
      largest = Math.max(largest, distance);
      squares += distance * distance;
      sum += distance;
      changed++;
      const pixel = Math.floor(p / channels);
      if (pixel !== last) pixels++;
      last = pixel;
    }
    result.linf[i] = largest / most;
    result.l2[i] = Math.sqrt(squares) / most;
    result.l1[i] = sum / most;
    result.l0[i] = changed / size;
    result.l0Pixels[i] = (pixels * channels) / size;
  }
  return result;
}
