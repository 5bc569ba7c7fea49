/** Stochastic gradient descent with Nesterov's momentum (Nesterov 1983), in the form of Sutskever et al. 2013 that takes the gradient at the weights themselves. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';

/** @param momentum share of the last step's direction that is kept. */
export function nesterov(momentum = 0.9): Optimizer {
  return {
    name: 'nesterov',
    parameters: { momentum },
    slots: ['velocity'],
    rates: (learningRate) => ({ stepSize: learningRate }),
    update(weight, gradient, { velocity }, { stepSize }) {
      const next = tf.add(tf.mul(velocity!, momentum), gradient);
      // One more step along the velocity than plain momentum takes: where the next gradient would be looked at.
      const ahead = tf.add(tf.mul(next, momentum), gradient);
      return { weight: tf.sub(weight, tf.mul(stepSize!, ahead)), slots: { velocity: next } };
    },
  };
}
