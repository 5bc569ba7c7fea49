/** Vision transformer (Dosovitskiy et al. 2021) of two blocks. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, Builder, Network } from './builder.js';

const PATCH = 8;
const WIDTH = 32;
const HEADS = 4;

function attention(b: Builder, x: tf.Tensor): tf.Tensor {
  const [n, tokens] = x.shape as [number, number];
  const [q, k, v] = tf.split(b.dense(x, 3 * WIDTH), 3, 2).map((part) => {
    return tf.transpose(tf.reshape(part, [n, tokens, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), Math.sqrt(HEADS / WIDTH)));
  const mixed = tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]);
  return b.dense(tf.reshape(mixed, [n, tokens, WIDTH]), WIDTH);
}

function block(b: Builder, x: tf.Tensor, activation: Activation): tf.Tensor {
  const attended = tf.add(x, attention(b, b.layerNorm(x)));
  return tf.add(attended, b.dense(activation(b.dense(b.layerNorm(attended), 4 * WIDTH)), WIDTH));
}

/** @param activation one of the forms of GELU. */
export const visionTransformer =
  (activation: Activation): Network =>
  (b, image) => {
    const [n, height, width] = image.shape;
    const patches = (height / PATCH) * (width / PATCH);
    const embedded = tf.reshape(b.conv(image, WIDTH, PATCH, { stride: PATCH, pad: 'valid', bias: true }), [n, patches, WIDTH]);
    const classToken = tf.tile(b.weight<tf.Tensor3D>([1, 1, WIDTH], 1), [n, 1, 1]);
    let x: tf.Tensor = tf.add(tf.concat([classToken, embedded], 1), b.weight([1, patches + 1, WIDTH], 0.5));
    for (let i = 0; i < 2; i++) x = block(b, x, activation);
    const token = tf.reshape(tf.slice(b.layerNorm(x), [0, 0, 0], [n, 1, WIDTH]), [n, WIDTH]);
    return b.dense(token, 10) as tf.Tensor2D;
  };
