/** Activation functions as models write them in plain tfjs ops. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from './builder.js';

export const swish: Activation = (x) => tf.mul(x, tf.sigmoid(x));

export const hardSigmoid: Activation = (x) => tf.div(tf.relu6(tf.add(x, 3)), 6);

export const hardSwish: Activation = (x) => tf.mul(x, hardSigmoid(x));

export const gelu: Activation = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));

/** GELU by its usual approximation. */
export const geluByTanh: Activation = (x) => {
  const inner = tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
};

/** ReluDecay_β of Kurakin et al. 2016, appendix: relu / (1 + β · relu²). */
export const reluDecay =
  (beta: number): Activation =>
  (x) => {
    const y = tf.relu(x);
    return tf.div(y, tf.add(tf.mul(tf.square(y), beta), 1));
  };
