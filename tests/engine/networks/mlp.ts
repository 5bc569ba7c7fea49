/** Two hidden layers with any activation. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, Network } from './builder.js';

export const mlp =
  (activation: Activation): Network =>
  (b, image) => {
    const flat = tf.reshape(image, [image.shape[0], -1]);
    return b.dense(activation(b.dense(activation(b.dense(flat, 64)), 64)), 10) as tf.Tensor2D;
  };
