/**
 * The image as it would be stored: in the levels of the data, mostly of 8 bits, still inside the budget. Attacks are judged on it by default, and not on numbers that no file holds.
 * @module
 */
import { type Budget, levelsOf } from './budget.js';
import { BYTE_LEVELS, type HostTensor, type Levels, levelTypeOf, makeLevels, mostOf } from '../tensors/index.js';
import type { Distortions } from './lp.js';

/** Images of levels. */
export type WholeLevels = Uint8Array | Uint16Array;

/** Noise of float32 in a pixel value. */
const FLOAT_TOLERANCE = 1e-6;

/** Slack of budgets that are sums over pixels. */
const SUM_TOLERANCE = 1e-5;

/**
 * Rounds to whole levels: to the nearest, as far as the budget allows. Where the rounding makes the change of an image too long, the pixels that it moved
 * furthest outwards go back by one level until it fits. A pixel that is no number, as gradients of NaN make it, stays as it was.
 * @param images `[n, ...]`, the originals. @param adversarial the same shape, pixels in [0, 1]. @param n number of images.
 */
export function quantise<Stored extends WholeLevels>(
  images: Stored,
  adversarial: Float32Array,
  n: number,
  { norm, epsilon }: Budget,
): Stored {
  const most = mostOf(images);
  const levels = norm === 'LINF' ? levelsOf(epsilon, most) : most;
  // `slice` of a Buffer, as files are read into, would be a view of the originals.
  const stored = makeLevels(levelTypeOf(images), images.length) as Stored;
  for (let p = 0; p < images.length; p++) {
    const from = images[p]!;
    const rounded = Math.min(levels, Math.max(-levels, Math.round(most * adversarial[p]! - from) || 0));
    stored[p] = Math.min(most, Math.max(0, from + rounded));
  }
  if (norm !== 'L1' && norm !== 'L2') return stored;
  const size = images.length / Math.max(1, n);
  for (let start = 0; start < images.length; start += size) {
    const [from, to] = [images, stored].map((values) => values.subarray(start, start + size)) as [Stored, Stored];
    shortenToBudget(from, adversarial.subarray(start, start + size), to, norm === 'L2' ? 2 : 1, epsilon);
  }
  return stored;
}

/** Brings one stored image into an Lp ball. Rounding every pixel towards the original would too, but loses changes of less than a level altogether. */
function shortenToBudget(original: WholeLevels, exact: Float32Array, stored: WholeLevels, power: 1 | 2, epsilon: number): void {
  const most = mostOf(original);
  const limit = (most * (epsilon + SUM_TOLERANCE / 2)) ** power;
  const levels = Array.from(stored, (value, p) => Math.abs(value - original[p]!));
  let length = levels.reduce((sum, level) => sum + level ** power, 0);
  if (length <= limit) return;
  const overshoot = levels.map((level, p) => level - Math.abs(most * exact[p]! - original[p]!));
  const outwards = [...levels.keys()].filter((p) => levels[p]! > 0).sort((a, b) => overshoot[b]! - overshoot[a]! || a - b);
  for (const p of outwards) {
    const level = levels[p]!;
    length -= level ** power - (level - 1) ** power;
    stored[p]! += original[p]! > stored[p]! ? 1 : -1;
    if (length <= limit) return;
  }
}

/** Images as fractions of the pixel range. A plain loop: `Float32Array.from` with a function takes ten times as long. */
export function fromStored(images: Levels, shape: readonly number[]): HostTensor {
  const most = mostOf(images);
  const data = new Float32Array(images.length);
  for (let p = 0; p < data.length; p++) data[p] = images[p]! / most;
  return { dtype: 'float32', shape, data };
}

/** 8 bits a channel: what is finer is rounded to the nearest level, whatever budget it kept to. */
export function toLevels(images: Levels): Uint8Array {
  if (images instanceof Uint8Array) return images;
  const scale = BYTE_LEVELS / mostOf(images);
  return Uint8Array.from(images, (value) => Math.round(scale * value));
}

/** Number of examples whose image lies outside the budget. @param imageSize pixel values of one image. */
export function auditBudget(measured: Distortions, budget: Budget, imageSize: number): number {
  return Array.from(measured.linf, (_, example) => isWithin(measured, example, budget, imageSize)).filter((within) => !within).length;
}

/** Whether the image of an example lies inside the budget, as it was judged. A distance that was not measured (NaN) is not inside. */
export function isWithin(
  measured: Distortions,
  example: number,
  { norm, epsilon, judging, levels = BYTE_LEVELS }: Budget,
  imageSize: number,
): boolean {
  switch (norm) {
    case 'LINF':
      if (judging === 'FLOAT' || levels === 1) return measured.linf[example]! <= epsilon + FLOAT_TOLERANCE;
      return Math.round(measured.linf[example]! * levels) <= levelsOf(epsilon, levels);
    case 'L2':
      return measured.l2[example]! <= epsilon + SUM_TOLERANCE;
    case 'L1':
      return measured.l1[example]! <= epsilon + SUM_TOLERANCE * Math.max(1, epsilon);
    case 'L0':
      return measured.l0[example]! * imageSize <= epsilon + SUM_TOLERANCE;
  }
}
