/** Distances between predictions, for losses that keep them apart from labels. @module */
import * as tf from '@tensorflow/tfjs-core';

/** `KL(p ‖ q) = Σ p (log p - log q)` of each example, `[n]`, from logits. Differentiable by both. */
export function klDivergence(p: tf.Tensor2D, q: tf.Tensor2D): tf.Tensor1D {
  const logP = tf.logSoftmax(p);
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, tf.logSoftmax(q))), 1) as tf.Tensor1D;
}
