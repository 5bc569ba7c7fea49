/** VGG (Simonyan & Zisserman 2015), narrow. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from './builder.js';

export const vgg: Network = (b, image) => {
  let x: tf.Tensor = image;
  for (const channels of [8, 16, 32]) {
    for (let i = 0; i < 2; i++) x = tf.relu(b.conv(x, channels, 3, { bias: true }));
    x = tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
  }
  x = tf.reshape(x, [x.shape[0]!, -1]);
  return b.dense(tf.relu(b.dense(tf.relu(b.dense(x, 48)), 48)), 10) as tf.Tensor2D;
};
