/**
 * The image as it would be stored: 8 bits a channel, still inside the budget. Attacks are judged on it and not on numbers that no file holds.
 * @module
 */
import type { Norm } from '../attacks/types.js';
import type { Distortions } from './distortion.js';

/** Attacks compute in float32; a step of exactly ε must not lose its last 8-bit level to rounding. */
const LEVEL_TOLERANCE = 1e-6;

/** Slack of budgets that are sums over pixels. */
const SUM_TOLERANCE = 1e-5;

/** Most 8-bit levels that a pixel may move under an L∞ budget ε. */
export function levelsOf(epsilon: number): number {
  return Math.floor(255 * epsilon + LEVEL_TOLERANCE);
}

/**
 * Rounds to 8 bits. Under L∞, to the nearest level inside the budget; under other norms towards the original, which never lengthens the change.
 * @param images `[n, ...]`, the originals. @param adversarial the same shape, pixels in [0, 1].
 */
export function quantise(images: Uint8Array, adversarial: Float32Array, norm: Norm, epsilon: number): Uint8Array {
  const levels = levelsOf(epsilon);
  const stored = new Uint8Array(images.length);
  for (let p = 0; p < images.length; p++) {
    const from = images[p]!;
    const change = 255 * adversarial[p]! - from;
    const rounded =
      norm === 'LINF' ? Math.min(levels, Math.max(-levels, Math.round(change))) : Math.trunc(change + Math.sign(change) * LEVEL_TOLERANCE);
    stored[p] = Math.min(255, Math.max(0, from + rounded));
  }
  return stored;
}

/** Number of examples whose stored image lies outside the budget. @param imageSize pixel values of one image. */
export function auditBudget(measured: Distortions, norm: Norm, epsilon: number, imageSize: number): number {
  switch (norm) {
    case 'LINF':
      return count(measured.linf, (distance) => Math.round(distance * 255) > levelsOf(epsilon));
    case 'L2':
      return count(measured.l2, (distance) => distance > epsilon + SUM_TOLERANCE);
    case 'L0':
      return count(measured.l0, (share) => share * imageSize > epsilon + SUM_TOLERANCE);
    case 'L1':
      throw new Error('No attack has an L1 budget yet: add the distance to Distortions first.');
  }
}

function count(values: Float32Array, predicate: (value: number) => boolean): number {
  return values.reduce((sum, value) => sum + (predicate(value) ? 1 : 0), 0);
}
