/**
 * The image as it would be stored: 8 bits a channel, still inside the budget. Attacks are judged on it by default, and not on numbers that no file holds.
 * @module
 */
import { type Budget, levelsOf } from './budget.js';
import type { HostTensor } from '../tensors/index.js';
import type { Distortions } from './lp.js';

/** Noise of float32 in a pixel value. */
const FLOAT_TOLERANCE = 1e-6;

/** Slack of budgets that are sums over pixels. */
const SUM_TOLERANCE = 1e-5;

/**
 * Rounds to 8 bits: to the nearest level, as far as the budget allows. Where the rounding makes the change of an image too long, the pixels that it moved
 * furthest outwards go back by one level until it fits. A pixel that is no number, as gradients of NaN make it, stays as it was.
 * @param images `[n, ...]`, the originals. @param adversarial the same shape, pixels in [0, 1]. @param n number of images.
 */
export function quantise(images: Uint8Array, adversarial: Float32Array, n: number, { norm, epsilon }: Budget): Uint8Array {
  const levels = norm === 'LINF' ? levelsOf(epsilon) : 255;
  const stored = new Uint8Array(images.length);
  for (let p = 0; p < images.length; p++) {
    const from = images[p]!;
    const rounded = Math.min(levels, Math.max(-levels, Math.round(255 * adversarial[p]! - from) || 0));
    stored[p] = Math.min(255, Math.max(0, from + rounded));
  }
  if (norm !== 'L1' && norm !== 'L2') return stored;
  const size = images.length / Math.max(1, n);
  for (let start = 0; start < images.length; start += size) {
    const [from, to] = [images, stored].map((values) => values.subarray(start, start + size)) as [Uint8Array, Uint8Array];
    shortenToBudget(from, adversarial.subarray(start, start + size), to, norm === 'L2' ? 2 : 1, epsilon);
  }
  return stored;
}

/** Brings one stored image into an Lp ball. Rounding every pixel towards the original would too, but loses changes of less than a level altogether. */
function shortenToBudget(original: Uint8Array, exact: Float32Array, stored: Uint8Array, power: 1 | 2, epsilon: number): void {
  const limit = (255 * (epsilon + SUM_TOLERANCE / 2)) ** power;
  const levels = Array.from(stored, (value, p) => Math.abs(value - original[p]!));
  let length = levels.reduce((sum, level) => sum + level ** power, 0);
  if (length <= limit) return;
  const overshoot = levels.map((level, p) => level - Math.abs(255 * exact[p]! - original[p]!));
  const outwards = [...levels.keys()].filter((p) => levels[p]! > 0).sort((a, b) => overshoot[b]! - overshoot[a]! || a - b);
  for (const p of outwards) {
    const level = levels[p]!;
    length -= level ** power - (level - 1) ** power;
    stored[p]! += original[p]! > stored[p]! ? 1 : -1;
    if (length <= limit) return;
  }
}

/** 8-bit images as fractions of the pixel range. A plain loop: `Float32Array.from` with a function takes ten times as long. */
export function fromStored(images: Uint8Array, shape: readonly number[]): HostTensor {
  const data = new Float32Array(images.length);
  for (let p = 0; p < data.length; p++) data[p] = images[p]! / 255;
  return { dtype: 'float32', shape, data };
}

/** 8 bits a channel: fractions of the pixel range are rounded to the nearest level, whatever budget they kept to. */
export function toLevels(images: Uint8Array | Float32Array): Uint8Array {
  return images instanceof Uint8Array ? images : Uint8Array.from(images, (value) => Math.round(255 * value));
}

/** Number of examples whose image lies outside the budget. @param imageSize pixel values of one image. */
export function auditBudget(measured: Distortions, budget: Budget, imageSize: number): number {
  return Array.from(measured.linf, (_, example) => isWithin(measured, example, budget, imageSize)).filter((within) => !within).length;
}

/** Whether the image of an example lies inside the budget, as it was judged. A distance that was not measured (NaN) is not inside. */
export function isWithin(measured: Distortions, example: number, { norm, epsilon, judging }: Budget, imageSize: number): boolean {
  switch (norm) {
    case 'LINF':
      if (judging === 'FLOAT') return measured.linf[example]! <= epsilon + FLOAT_TOLERANCE;
      return Math.round(measured.linf[example]! * 255) <= levelsOf(epsilon);
    case 'L2':
      return measured.l2[example]! <= epsilon + SUM_TOLERANCE;
    case 'L1':
      return measured.l1[example]! <= epsilon + SUM_TOLERANCE * Math.max(1, epsilon);
    case 'L0':
      return measured.l0[example]! * imageSize <= epsilon + SUM_TOLERANCE;
  }
}
