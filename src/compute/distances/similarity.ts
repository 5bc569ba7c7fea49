/** How alike stored 8-bit images look. @module */
import { aligned } from './pass-alignment.js';
import { ssim } from './ssim.js';
import type { ImageShape } from '../tensors/index.js';

export interface Similarities {
  /** Structural similarity (Wang et al. 2004); 1: the same image. */
  readonly ssim: Float32Array;
  /**
   * Psychometric perceptual adversarial similarity score (Rozsa, Rudd and Boult 2016, arXiv 1605.01775): SSIM after the adversarial image was laid over the
   * original by a homography, since people do not mind a shift or a turn. It is what rates rotations fairly; for changes of single pixels it is close to SSIM.
   */
  readonly pass: Float32Array;
}

/** @param images `[n, ...shape]`, 8 bits a channel. @param adversarial the same. @param n number of images. */
export function similarities(images: Uint8Array, adversarial: Uint8Array, n: number, shape: ImageShape): Similarities {
  const size = n === 0 ? 0 : images.length / n;
  const result = { ssim: new Float32Array(n).fill(1), pass: new Float32Array(n).fill(1) };
  for (let i = 0; i < n; i++) {
    const [original, changed] = [images, adversarial].map((values) => values.subarray(i * size, (i + 1) * size)) as [
      Uint8Array,
      Uint8Array,
    ];
    if (original.every((value, p) => value === changed[p])) continue;
    const overlaid = aligned(changed, original, shape);
    result.ssim[i] = ssim(original, changed, shape);
    result.pass[i] = overlaid === changed ? result.ssim[i]! : ssim(original, overlaid, shape);
  }
  return result;
}
