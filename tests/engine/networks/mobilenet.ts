/** MobileNet v1, v2 and v3 (Howard et al. 2017, Sandler et al. 2018, Howard et al. 2019), narrow. @module */
import * as tf from '@tensorflow/tfjs-core';
import { hardSigmoid, hardSwish } from './activations.js';
import type { Activation, Builder, Network } from './builder.js';

const relu6: Activation = (x) => tf.relu6(x);

export const mobileNetV1: Network = (b, image) => {
  let x: tf.Tensor = tf.relu6(b.norm(b.conv(image, 8, 3, { stride: 2 })));
  for (const [channels, stride] of [
    [16, 1],
    [32, 2],
    [32, 1],
    [48, 2],
  ] as const) {
    x = tf.relu6(b.norm(b.depthwise(x, 3, stride)));
    x = tf.relu6(b.norm(b.conv(x, channels, 1)));
  }
  return b.head(x);
};

interface Block {
  readonly expand: number;
  readonly channels: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly squeeze?: boolean;
  readonly activation?: Activation;
}

/** Inverted residual with a linear bottleneck. */
function invertedResidual(b: Builder, x: tf.Tensor, block: Block): tf.Tensor {
  const { expand, channels, kernel = 3, stride = 1, squeeze = false, activation = relu6 } = block;
  const inputs = x.shape[3]!;
  let y: tf.Tensor = activation(b.norm(b.conv(x, expand * inputs, 1)));
  y = activation(b.norm(b.depthwise(y, kernel, stride)));
  if (squeeze) y = b.squeezeExcite(y, 8, tf.relu, hardSigmoid);
  y = b.norm(b.conv(y, channels, 1));
  return stride === 1 && inputs === channels ? tf.add(x, y) : y;
}

export const mobileNetV2: Network = (b, image) => {
  let x: tf.Tensor = tf.relu6(b.norm(b.conv(image, 8, 3, { stride: 2 })));
  for (const block of [
    { expand: 1, channels: 8 },
    { expand: 6, channels: 12, stride: 2 },
    { expand: 6, channels: 12 },
    { expand: 6, channels: 16, stride: 2 },
  ])
    x = invertedResidual(b, x, block);
  return b.head(tf.relu6(b.norm(b.conv(x, 64, 1))));
};

export const mobileNetV3: Network = (b, image) => {
  let x: tf.Tensor = hardSwish(b.norm(b.conv(image, 16, 3, { stride: 2 })));
  for (const block of [
    { expand: 1, channels: 16, stride: 2, squeeze: true, activation: tf.relu },
    { expand: 4, channels: 24, stride: 2, activation: tf.relu },
    { expand: 4, channels: 24, kernel: 5, squeeze: true, activation: hardSwish },
    { expand: 4, channels: 32, kernel: 5, stride: 2, squeeze: true, activation: hardSwish },
  ])
    x = invertedResidual(b, x, block);
  const pooled = tf.mean(hardSwish(b.norm(b.conv(x, 48, 1))), [1, 2]);
  return b.dense(hardSwish(b.dense(pooled, 64)), 10) as tf.Tensor2D;
};
