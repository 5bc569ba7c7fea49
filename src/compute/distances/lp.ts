/** Distances of adversarial images from their originals. @module */

export interface Distortions {
  /** Largest change of a pixel value, a fraction of the pixel range. */
  readonly linf: Float32Array;
  /** Euclidean length of the change, pixel values as fractions of the range. */
  readonly l2: Float32Array;
  /** Sum of the changes of all pixel values, each a fraction of the range. */
  readonly l1: Float32Array;
  /** Share of pixel values that changed. */
  readonly l0: Float32Array;
}

/** Part of a level that is noise of float32, and no change. */
const NOISE = 1e-4;

/**
 * @param images `[n, ...]`, 8 bits a channel. @param adversarial the same shape: 8 bits a channel, or floats that are fractions of the pixel range.
 * @param n number of images.
 */
export function distortions(images: Uint8Array, adversarial: Uint8Array | Float32Array, n: number): Distortions {
  const size = n === 0 ? 0 : images.length / n;
  const toLevels = adversarial instanceof Uint8Array ? 1 : 255;
  const result = { linf: new Float32Array(n), l2: new Float32Array(n), l1: new Float32Array(n), l0: new Float32Array(n) };
  for (let i = 0; i < n; i++) {
    let largest = 0;
    let squares = 0;
    let sum = 0;
    let changed = 0;
    for (let p = i * size; p < (i + 1) * size; p++) {
      const distance = Math.abs(images[p]! - toLevels * adversarial[p]!);
      if (distance < NOISE) continue;
      largest = Math.max(largest, distance);
      squares += distance * distance;
      sum += distance;
      changed++;
    }
    result.linf[i] = largest / 255;
    result.l2[i] = Math.sqrt(squares) / 255;
    result.l1[i] = sum / 255;
    result.l0[i] = changed / size;
  }
  return result;
}
