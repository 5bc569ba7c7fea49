/** DenseNet (Huang et al. 2017), narrow. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Builder, Network } from './builder.js';

const GROWTH = 12;

const normReluConv = (b: Builder, x: tf.Tensor, channels: number, kernel: number) => b.conv(tf.relu(b.norm(x)), channels, kernel);

function denseBlock(b: Builder, x: tf.Tensor, layers: number): tf.Tensor {
  for (let i = 0; i < layers; i++) x = tf.concat([x, normReluConv(b, normReluConv(b, x, 4 * GROWTH, 1), GROWTH, 3)], 3);
  return x;
}

const transition = (b: Builder, x: tf.Tensor) => tf.avgPool(normReluConv(b, x, Math.floor(x.shape[3]! / 2), 1), 2, 2, 'valid');

export const denseNet: Network = (b, image) => {
  let x: tf.Tensor = b.conv(image, 16, 7, { stride: 2 });
  x = tf.maxPool(tf.relu(b.norm(x)), 3, 2, 'same');
  x = transition(b, denseBlock(b, x, 3));
  x = denseBlock(b, x, 3);
  return b.head(tf.relu(b.norm(x)));
};
