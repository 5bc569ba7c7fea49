/** Adversarial images made inside the compiled step, with the weights as they are: projected gradient steps, written out one after the other. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type BudgetNorm, signLoss } from '../attacks/index.js';
import type { SchemeStep } from './types.js';

export interface Ascent {
  readonly norm: BudgetNorm;
  /** Budget, a number or `[n, 1, 1, 1]`. */
  readonly epsilon: tf.Tensor | number;
  /** Length of each step, a number or `[n, 1, 1, 1]`; negative ones go down. */
  readonly stepSizes: readonly (tf.Tensor | number)[];
  /** Default: the images themselves. */
  readonly start?: tf.Tensor4D;
}

/** Images in the budget around `images` at which `objective`, a sum over them, is higher. */
export function ascend(
  objective: (x: tf.Tensor4D) => tf.Scalar,
  images: tf.Tensor4D,
  { norm, epsilon, stepSizes, start }: Ascent,
): tf.Tensor4D {
  const budget = typeof epsilon === 'number' ? tf.fill([images.shape[0], 1, 1, 1], epsilon) : epsilon;
  const gradientOf = tf.grad((x) => objective(x as tf.Tensor4D));
  let x = start ?? images;
  for (const size of stepSizes) {
    const moved = tf.add(x, tf.mul(size, norm.steepest(gradientOf(x), x)));
    x = norm.project(moved, images, budget) as tf.Tensor4D;
  }
  return x;
}

/** Cross-entropy as attacks climb it, of images with these classes. */
export function crossEntropyOf({ scores, output }: SchemeStep, labels: tf.Tensor1D): (x: tf.Tensor4D) => tf.Scalar {
  return (x) => signLoss(scores(x), labels, output);
}
