/** Adam (Kingma & Ba 2015, arXiv 1412.6980). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';

export function adam(beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8): Optimizer {
  return {
    name: 'adam',
    parameters: { beta1, beta2, epsilon },
    slots: ['mean', 'square'],
    /** The order of operations that the paper's section 2 recommends: both bias corrections in the step size. */
    rates: (learningRate, step) => ({ stepSize: (learningRate * Math.sqrt(1 - beta2 ** (step + 1))) / (1 - beta1 ** (step + 1)) }),
    update(weight, gradient, slots, { stepSize }) {
      const mean = tf.add(tf.mul(slots['mean']!, beta1), tf.mul(gradient, 1 - beta1));
      const square = tf.add(tf.mul(slots['square']!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const change = tf.div(tf.mul(stepSize!, mean), tf.add(tf.sqrt(square), epsilon));
      return { weight: tf.sub(weight, change), slots: { mean, square } };
    },
  };
}
