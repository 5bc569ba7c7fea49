/** Stochastic gradient descent with momentum (Polyak 1964). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';

/** @param momentum share of the last step's direction that is kept. */
export function sgd(momentum = 0.9): Optimizer {
  return {
    name: 'sgd',
    parameters: { momentum },
    slots: ['velocity'],
    stepSize: (learningRate) => learningRate,
    update(weight, gradient, { velocity }, stepSize) {
      const next = tf.add(tf.mul(velocity!, momentum), gradient);
      return { weight: tf.sub(weight, tf.mul(stepSize, next)), slots: { velocity: next } };
    },
  };
}
