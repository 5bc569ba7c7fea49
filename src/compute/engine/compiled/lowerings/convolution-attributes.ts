import type { ConvAttributes } from './convolutions.js';

/** Attributes of `ConvInputGradient` (inputs `dy`, `filter`) and `ConvFilterGradient` (inputs `x`, `dy`): those of the convolution, and the result's shape. */
export interface ConvGradientAttributes extends ConvAttributes {
  readonly shape: readonly number[];
}
