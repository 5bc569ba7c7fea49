/**
 * What embeddings of texts are moved by in training, `[n, length, D]`, of L2 length ε over a whole text (Miyato, Dai & Goodfellow 2017, arXiv 1605.07725, section 3).
 * No gradient flows into how it was made.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { klDivergence } from '../training/index.js';

export type Logits = (x: tf.Tensor) => tf.Tensor2D;

/** Length 1 for each text; zeros stay zeros. */
function unit(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.add(tf.sqrt(tf.sum(tf.square(x), [1, 2], true)), 1e-12));
}

/** Up the loss of the true labels. @param oneHot `[n, classes]` */
export function adversarial(logits: Logits, x: tf.Tensor, oneHot: tf.Tensor, epsilon: number): tf.Tensor {
  const loss = (at: tf.Tensor) => tf.neg(tf.sum(tf.mul(oneHot, tf.logSoftmax(logits(at))))) as tf.Scalar;
  return tf.mul(epsilon, unit(tf.grad(loss)(x)));
}

/**
 * Along the direction in which the prediction changes most, by one power iteration. It needs no labels. @param direction random, of any length.
 * @param xi length of the change by which the iteration differentiates.
 */
export function virtualAdversarial(logits: Logits, x: tf.Tensor, direction: tf.Tensor, epsilon: number, xi: number): tf.Tensor {
  const here = logits(x);
  const divergence = (change: tf.Tensor) => tf.sum(klDivergence(here, logits(tf.add(x, change)))) as tf.Scalar;
  return tf.mul(epsilon, unit(tf.grad(divergence)(tf.mul(xi, unit(direction)))));
}

/** In a random direction: what shows that the direction matters. */
export function random(direction: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.mul(epsilon, unit(direction));
}
