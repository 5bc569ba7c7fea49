/** Stochastic gradient descent, with momentum (Polyak 1964) unless that is 0. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';

/** @param momentum share of the last step's direction that is kept. */
export function sgd(momentum = 0.9): Optimizer {
  return {
    name: 'sgd',
    parameters: { momentum },
    slots: momentum === 0 ? [] : ['velocity'],
    rates: (learningRate) => ({ stepSize: learningRate }),
    update(weight, gradient, { velocity }, { stepSize }) {
      const next = velocity ? tf.add(tf.mul(velocity, momentum), gradient) : gradient;
      return { weight: tf.sub(weight, tf.mul(stepSize!, next)), slots: { velocity: next } };
    },
  };
}
