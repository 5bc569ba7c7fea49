/** Sums and maxima over each example's pixels, kept as `[batch, 1, 1, 1]`. @module */
import * as tf from '@tensorflow/tfjs-core';

const PIXELS = [1, 2, 3];

/** Keeps quotients finite where a change or a gradient is zero; far below anything that float32 images hold. */
export const TINY = 1e-30;

export function sumOverPixels(x: tf.Tensor): tf.Tensor {
  return tf.sum(x, PIXELS, true);
}

export function largestOf(x: tf.Tensor): tf.Tensor {
  return tf.max(x, PIXELS, true);
}

/** The gradient with its largest value brought to 1 or -1, so that squares of tiny gradients do not vanish in float32. Zero stays zero. */
export function scaledToLargest(gradient: tf.Tensor): tf.Tensor {
  return tf.div(gradient, tf.maximum(largestOf(tf.abs(gradient)), TINY));
}

/** Euclidean length of each example. */
export function lengthOf(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(sumOverPixels(tf.square(x)));
}

/** `x` shortened where its length is over ε, by one factor an example. */
export function shorten(x: tf.Tensor, length: tf.Tensor, epsilon: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.minimum(tf.div(epsilon, tf.maximum(length, TINY)), 1));
}

export function clipToRange(x: tf.Tensor): tf.Tensor {
  return tf.clipByValue(x, 0, 1);
}
