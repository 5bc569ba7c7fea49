import type { ConvAttributes } from './convolutions.js';

/** Attributes of `ConvInputGradient` (inputs `dy`, `filter`) and `ConvFilterGradient` (inputs `x`, `dy`): those of the convolution, and the result's shape. */
export type ConvGradientAttributes = ConvAttributes & { readonly shape: readonly number[] };
