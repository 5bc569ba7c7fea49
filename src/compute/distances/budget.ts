/** How far an adversarial image may be from its original. @module */
import { BYTE_LEVELS } from '../tensors/index.js';

export type Norm = 'LINF' | 'L2' | 'L1' | 'L0';

/** What success is decided on: the image as it would be stored, rounded to the data's levels inside the budget, or the floats that the attack made, as papers do. */
export type Judging = 'STORED' | 'FLOAT';

/** How far an attack may go; audited on the image that success is decided on. */
export interface Budget {
  readonly norm: Norm;
  /**
   * L∞: a fraction of the pixel range. L2 and L1: a sum over pixel values, each a fraction of the range. L0: a number of pixel values.
   * Infinity: no limit.
   */
  readonly epsilon: number;
  /** Default: STORED. */
  readonly judging?: Judging;
  /** The highest level of a pixel of the data: 255 (default) of 8 bits, 65535 of 16, 1 of floats, which have no levels. */
  readonly levels?: number;
}

/** Part of a level by which ε may miss it: budgets are written with few decimals, and 0.00784 means 2/255, which is 0.0078431…. */
const LEVEL_TOLERANCE = 0.01;

/** Noise of float32 in sums over pixels. */
const WHOLE_TOLERANCE = 1e-6;

/** Most levels that a pixel may move under an L∞ budget ε. @param most the highest level. */
export function levelsOf(epsilon: number, most = BYTE_LEVELS): number {
  return Math.floor(most * epsilon + LEVEL_TOLERANCE);
}

/**
 * The largest distance within a budget that a stored image can have from another, in the units of ε: distances are whole numbers of levels in L∞ and L1,
 * roots of whole numbers in L2, and whole numbers of pixel values in L0. On floats it is all of ε.
 */
export function effectiveEpsilon({ norm, epsilon, judging, levels = BYTE_LEVELS }: Budget): number {
  if (judging === 'FLOAT' || levels === 1) return epsilon;
  switch (norm) {
    case 'LINF':
    case 'L1':
      return levelsOf(epsilon, levels) / levels;
    case 'L2':
      return Math.sqrt(Math.floor((levels * epsilon) ** 2 + LEVEL_TOLERANCE)) / levels;
    case 'L0':
      return Math.floor(epsilon + WHOLE_TOLERANCE);
  }
}
