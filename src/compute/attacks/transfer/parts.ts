/** What a transfer attack can be put together of. Each part is a file beside this one. @module */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import type { Tensors } from '../../tensors/index.js';
import type { PatchWiseValues } from './patch-wise.js';
import type { PenaltyValues } from './penalty.js';
import type { VarianceValues } from './variance.js';

/** Takes gradients of another view of the image. */
export interface ViewPart {
  /** Unique; tells compiled forms of one attack apart. */
  readonly variant: string;
  /** Shapes, for one view of one example, of the random values that each step needs. Names are unlike those of other parts. */
  readonly drawn: Readonly<Record<string, readonly number[]>>;
  /** @param label true class of the example. */
  draw(stream: RandomStream, label: number): Record<string, Float32Array>;
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
  /** Each is applied to what the one before made of the image. */
  readonly views?: readonly ViewPart[];
  /** Random views of each point, whose gradients are added. Default: 1. */
  readonly viewCount?: number;
  readonly translation?: GradientPart;
  /** Copies of the image at lower and lower brightness. Default: the image alone. */
  readonly copies?: number;
  readonly variance?: VarianceValues;
  readonly penalty?: PenaltyValues;
  readonly patchWise?: PatchWiseValues;
}
