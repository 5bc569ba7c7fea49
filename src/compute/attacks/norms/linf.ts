/** The largest change of any pixel value. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { BudgetNorm } from './types.js';

export const LINF: BudgetNorm = {
  norm: 'LINF',
  // sign(0) = 0: a pixel without influence stays as it is.
  steepest: (gradient) => tf.sign(gradient),
  project: clipToBudget,
  length: (change) => change.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
  randomChange: (stream, size) => Float32Array.from({ length: size }, () => 2 * stream.uniform() - 1),
};

/** `Clip_{X,ε}` of Kurakin et al. 2016: inside `[X - ε, X + ε]` and the valid pixel range at once. */
function clipToBudget(x: tf.Tensor, original: tf.Tensor, epsilon: tf.Tensor): tf.Tensor {
  const lower = tf.maximum(tf.sub(original, epsilon), 0);
  const upper = tf.minimum(tf.add(original, epsilon), 1);
  return tf.minimum(tf.maximum(x, lower), upper);
}
