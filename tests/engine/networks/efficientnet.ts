/** EfficientNet (Tan & Le 2019), narrow. @module */
import * as tf from '@tensorflow/tfjs-core';
import { swish } from './activations.js';
import type { Builder, Network } from './builder.js';

function block(b: Builder, x: tf.Tensor, expand: number, channels: number, kernel: number, stride: number): tf.Tensor {
  const inputs = x.shape[3]!;
  let y: tf.Tensor = expand > 1 ? swish(b.norm(b.conv(x, expand * inputs, 1))) : x;
  y = swish(b.norm(b.depthwise(y, kernel, stride)));
  y = b.squeezeExcite(y, Math.max(1, inputs / 4), swish, tf.sigmoid);
  y = b.norm(b.conv(y, channels, 1));
  return stride === 1 && inputs === channels ? tf.add(y, x) : y;
}

export const efficientNet: Network = (b, image) => {
  let x: tf.Tensor = swish(b.norm(b.conv(image, 16, 3, { stride: 2 })));
  x = block(b, x, 1, 8, 3, 1);
  x = block(b, x, 6, 12, 3, 2);
  x = block(b, x, 6, 12, 3, 1);
  x = block(b, x, 6, 20, 5, 2);
  x = block(b, x, 6, 20, 5, 1);
  return b.head(swish(b.norm(b.conv(x, 64, 1))));
};
