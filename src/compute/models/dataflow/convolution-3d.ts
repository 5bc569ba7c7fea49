/** Convolutions of volumes. @module */
import * as tf from '@tensorflow/tfjs-core';
import { dilate } from './differentiable.js';

/**
 * As a sum of convolutions of slices, as engines have no other one with a gradient.
 * @param x `[batch, depth, height, width, channels]`. @param filter `[depth, height, width, channels, filters]`. @param strides of depth, height and width. @param dilations of the same.
 */
export function convolution3d(
  x: tf.Tensor,
  filter: tf.Tensor,
  strides: readonly number[],
  dilations: readonly number[],
  pad: 'valid' | 'same',
): tf.Tensor {
  const [batch, depth, height, width, channels] = x.shape as [number, number, number, number, number];
  const [step, rate, size] = [strides[0]!, dilations[0]!, filter.shape[0]!];
  const slices = Math.ceil((pad === 'same' ? depth : depth - (size - 1) * rate) / step);
  const missing = pad === 'same' ? Math.max(0, (slices - 1) * step + (size - 1) * rate + 1 - depth) : 0;
  const before = Math.floor(missing / 2);
  const padded =
    missing === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [before, missing - before],
          [0, 0],
          [0, 0],
          [0, 0],
        ]);
  const parts = Array.from({ length: size }, (_, k) => {
    const positions = Int32Array.from({ length: slices }, (_, i) => i * step + k * rate);
    const shape: [number, number, number, number] = [batch * slices, height, width, channels];
    const images = tf.reshape<tf.Rank.R4>(tf.gather(padded, tf.tensor1d(positions, 'int32'), 1), shape);
    const ofSlice = tf.squeeze<tf.Tensor4D>(tf.slice(filter, [k], [1]), [0]);
    const wide = dilate(ofSlice, [dilations[1]!, dilations[2]!]);
    return tf.conv2d(images, wide, [strides[1]!, strides[2]!], pad);
  });
  const sum = tf.addN<tf.Tensor>(parts);
  return tf.reshape(sum, [batch, slices, ...sum.shape.slice(1)]);
}
