/** RMSProp (Tieleman & Hinton 2012, lecture 6.5) with momentum, as TensorFlow has it and Inception v3 was trained with (decay 0.9, ε = 1). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';

/**
 * @param decay share of the mean square that is kept.
 * @param epsilon added to the mean square under the root.
 */
export function rmsprop(decay = 0.9, momentum = 0.9, epsilon = 1): Optimizer {
  return {
    name: 'rmsprop',
    parameters: { decay, momentum, epsilon },
    slots: ['square', 'velocity'],
    rates: (learningRate) => ({ stepSize: learningRate }),
    update(weight, gradient, slots, { stepSize }) {
      const square = tf.add(tf.mul(slots['square']!, decay), tf.mul(tf.square(gradient), 1 - decay));
      const step = tf.div(tf.mul(stepSize!, gradient), tf.sqrt(tf.add(square, epsilon)));
      const velocity = tf.add(tf.mul(slots['velocity']!, momentum), step);
      return { weight: tf.sub(weight, velocity), slots: { square, velocity } };
    },
  };
}
