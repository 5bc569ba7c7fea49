/** How alike stored images look, in 8 bits. @module */
import { setImmediate } from 'node:timers/promises';
import { alignment } from './pass-alignment.js';
import { pairFor } from './ssim.js';
import type { ImageShape, Levels } from '../tensors/index.js';
import { toLevels } from './stored-image.js';

export interface Similarities {
  /** Structural similarity (Wang et al. 2004); 1: the same image. */
  readonly ssim: Float32Array;
  /**
   * Psychometric perceptual adversarial similarity score (Rozsa, Rudd and Boult 2016, arXiv 1605.01775): SSIM after the adversarial image was laid over the
   * original by a homography, since people do not mind a shift or a turn. It is what rates rotations fairly; for changes of single pixels it is close to SSIM.
   */
  readonly pass: Float32Array;
}

/** How long other work of the thread waits, in milliseconds. */
const AT_ONCE = 4;

/**
 * Lets other work of the thread run now and then: the engine, which runs on threads of its own, waits for it to be told what to do next.
 * @param first `[n, ...shape]`; what is finer than 8 bits is rounded to them. @param second the same. @param n number of images.
 */
export async function similarities(first: Levels, second: Levels, n: number, shape: ImageShape): Promise<Similarities> {
  const [images, adversarial] = [toLevels(first), toLevels(second)];
  const size = n === 0 ? 0 : images.length / n;
  const result = { ssim: new Float32Array(n).fill(1), pass: new Float32Array(n).fill(1) };
  let since = performance.now();
  for (let i = 0; i < n; i++) {
    const [original, changed] = [images.subarray(i * size, (i + 1) * size), adversarial.subarray(i * size, (i + 1) * size)];
    if (Buffer.compare(original, changed) === 0) continue;
    const pair = pairFor(original, changed, shape);
    result.ssim[i] = result.pass[i] = pair.ssim();
    const homography = alignment(pair, shape);
    if (homography) {
      pair.warp(homography);
      result.pass[i] = pair.ssim();
    }
    if (performance.now() - since < AT_ONCE) continue;
    await setImmediate();
    since = performance.now();
  }
  return result;
}
