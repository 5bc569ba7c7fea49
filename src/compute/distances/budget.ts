/** How far an adversarial image may be from its original. @module */

export type Norm = 'LINF' | 'L2' | 'L1' | 'L0';

/** How far an attack may go; audited on the stored image. */
export interface Budget {
  readonly norm: Norm;
  /**
   * L∞: a fraction of the pixel range. L2 and L1: a sum over pixel values, each a fraction of the range. L0: a number of pixel values.
   * Infinity: no limit.
   */
  readonly epsilon: number;
}
