/** ResNet in its ImageNet form (He et al. 2016) and Wide ResNet (Zagoruyko & Komodakis 2016), narrow. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Builder, Network } from './builder.js';

function bottleneck(b: Builder, x: tf.Tensor, width: number, stride: number): tf.Tensor {
  let y: tf.Tensor = tf.relu(b.norm(b.conv(x, width, 1)));
  y = tf.relu(b.norm(b.conv(y, width, 3, { stride })));
  y = b.norm(b.conv(y, 4 * width, 1));
  const same = stride === 1 && x.shape[3] === 4 * width;
  return tf.relu(tf.add(y, same ? x : b.norm(b.conv(x, 4 * width, 1, { stride }))));
}

export const resNet: Network = (b, image) => {
  let x: tf.Tensor = tf.relu(b.norm(b.conv(image, 8, 7, { stride: 2 })));
  x = tf.maxPool(x as tf.Tensor4D, 3, 2, 'same');
  for (const [width, stride] of [
    [8, 1],
    [8, 1],
    [12, 2],
    [16, 2],
  ] as const)
    x = bottleneck(b, x, width, stride);
  return b.head(x);
};

function preActivationBlock(b: Builder, x: tf.Tensor, width: number, stride: number): tf.Tensor {
  const active = tf.relu(b.norm(x));
  const y = b.conv(tf.relu(b.norm(b.conv(active, width, 3, { stride }))), width, 3);
  return tf.add(y, stride === 1 && x.shape[3] === width ? x : b.conv(active, width, 1, { stride }));
}

export const wideResNet: Network = (b, image) => {
  let x: tf.Tensor = b.conv(image, 8, 3);
  for (const [width, stride] of [
    [16, 1],
    [16, 1],
    [32, 2],
    [32, 1],
    [48, 2],
  ] as const)
    x = preActivationBlock(b, x, width, stride);
  return b.head(tf.relu(b.norm(x)));
};
