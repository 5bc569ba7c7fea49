/**
 * The image that success is decided on: as it would be stored, in the data's levels, or the floats that the attack made. Both stay inside the budget.
 * @module
 */
import { BYTE_LEVELS, type HostTensor, type Levels, levelsOfFractions, mostOf } from '../tensors/index.js';
import type { Budget, Judging } from './budget.js';
import { fromStored, quantise } from './stored-image.js';

/** Adversarial images both ways. */
export interface JudgedImages {
  /** In the data's levels; of data of floats, the same as {@link exact}. */
  readonly stored: Levels;
  /** Fractions of the pixel range. */
  readonly exact: Float32Array;
}

/**
 * @param originals `[n, ...]`, pixels as fractions, which are whole levels of the budget's. @param adversarial the same shape, pixels in [0, 1].
 * @returns the images as a model is asked about them, by the budget's judging.
 */
export function asJudged(originals: HostTensor, adversarial: HostTensor, budget: Budget): HostTensor {
  const images = levelsOfFractions(originals.data, budget.levels ?? BYTE_LEVELS);
  const [exact, n] = [adversarial.data as Float32Array, originals.shape[0]!];
  if (budget.judging === 'FLOAT' || images instanceof Float32Array) return { ...adversarial, data: asFloats(images, exact, n, budget) };
  return fromStored(quantise(images, exact, n, budget), originals.shape);
}

/** What an attack made, both ways. @param images `[n, ...]`, the originals. @param adversarial the same shape, pixels in [0, 1]. */
export function bothJudgings(images: Levels, adversarial: Float32Array, n: number, budget: Budget): JudgedImages {
  const exact = asFloats(images, adversarial, n, budget);
  return { stored: images instanceof Float32Array ? exact : quantise(images, adversarial, n, budget), exact };
}

/** The images that a judging looks at, as a tensor. */
export function judgedBy(judging: Judging, { stored, exact }: JudgedImages, shape: readonly number[]): HostTensor {
  return judging === 'FLOAT' ? { dtype: 'float32', shape, data: exact } : fromStored(stored, shape);
}

/**
 * Images as floats, inside the budget as {@link quantise} keeps stored ones inside it: pixels that are too far go back to the end of the range in L∞, changes
 * that are too long are made shorter in L1 and L2. Attacks overshoot by the noise of float32 alone. A pixel that is no number, as gradients of NaN make it,
 * stays as it was.
 * @param images `[n, ...]`, the originals. @param adversarial the same shape, pixels in [0, 1].
 */
export function asFloats(images: Levels, adversarial: Float32Array, n: number, { norm, epsilon }: Budget): Float32Array {
  const brightest = mostOf(images);
  const exact = new Float32Array(images.length);
  const size = images.length / Math.max(1, n);
  for (let start = 0; start < images.length; start += size) {
    const end = start + size;
    const shrink = norm === 'L1' || norm === 'L2' ? Math.min(1, epsilon / lengthOf(images, adversarial, start, end, norm)) : 1;
    const most = norm === 'LINF' ? epsilon : 1;
    for (let p = start; p < end; p++) {
      const original = images[p]! / brightest;
      const change = adversarial[p]! - original;
      if (Number.isNaN(change)) exact[p] = original;
      else if (shrink === 1 && Math.abs(change) <= most) exact[p] = Math.min(1, Math.max(0, adversarial[p]!));
      else exact[p] = Math.min(1, Math.max(0, original + Math.min(most, Math.max(-most, shrink * change))));
    }
  }
  return exact;
}

function lengthOf(images: Levels, adversarial: Float32Array, start: number, end: number, norm: 'L1' | 'L2'): number {
  const most = mostOf(images);
  let sum = 0;
  for (let p = start; p < end; p++) {
    const change = Math.abs(adversarial[p]! - images[p]! / most) || 0;
    sum += norm === 'L1' ? change : change * change;
  }
  // A change of no length needs no shrinking.
  return Math.max(Number.MIN_VALUE, norm === 'L1' ? sum : Math.sqrt(sum));
}

/** Less than this part of a level of 8 bits is noise of float32. */
const PART_OF_LEVEL = 1e-3;

/** The same of a level, however many there are: float32 has 24 bits. */
const noiseIn = (most: number) => Math.max(PART_OF_LEVEL, most * 1e-7);

/** Whether rounding leaves an image as it is. @param i its row. @param size pixel values of one image. */
export function isOfWholeLevels({ stored, exact }: JudgedImages, i: number, size: number): boolean {
  const most = mostOf(stored);
  const noise = noiseIn(most);
  for (let p = i * size; p < (i + 1) * size; p++) if (Math.abs(most * exact[p]! - stored[p]!) > noise) return false;
  return true;
}
