/** What a transfer attack can be put together of. Each part is a file beside this one. @module */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import type { Tensors } from '../../tensors/index.js';
import type { VarianceValues } from './variance.js';

/** Takes gradients of another view of the image. */
export interface ViewPart {
  /** Shapes, for one view of one example, of the random values that each step needs. */
  readonly drawn: Readonly<Record<string, readonly number[]>>;
  draw(stream: RandomStream): Record<string, Float32Array>;
  /** @param draws what was drawn for this view, `[n, ...shape]`. */
  view(x: Tensor4D, draws: Tensors): Tensor4D;
}

/** Changes the gradient. */
export interface GradientPart {
  /** Tells compiled forms of one attack apart. */
  readonly variant: string;
  smooth(gradient: Tensor): Tensor;
}

/** The gradient estimate of a transfer attack. Absent parts change nothing. */
export interface TransferParts {
  /** Nesterov: take gradients at `X_t + α μ g_t`, where the momentum is about to lead. */
  readonly nesterov?: boolean;
  readonly diversity?: ViewPart;
  readonly translation?: GradientPart;
  /** Copies of the image at lower and lower brightness. Default: the image alone. */
  readonly copies?: number;
  readonly variance?: VarianceValues;
}
