/** Distances between predictions, for losses that keep them apart from labels. @module */
import * as tf from '@tensorflow/tfjs-core';

/** `KL(p ‖ q) = Σ p (log p - log q)` of each example, `[n]`, from logits. Differentiable by both. */
export function klDivergence(p: tf.Tensor2D, q: tf.Tensor2D): tf.Tensor1D {
  const logP = tf.logSoftmax(p);
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, tf.logSoftmax(q))), 1) as tf.Tensor1D;
}

/** The value, as a constant to gradients. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const stop = tf.customGrad((value) => ({ value: tf.clone(value as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) }));
  return stop(x) as T;
}
