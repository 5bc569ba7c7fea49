/** From pixels as everyone gives them to what the network was trained on. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from './types.js';

/**
 * Channel order, then value range, then mean and standard deviation; steps that change nothing are left out.
 * @param x `[batch, height, width, channels]`, pixels in [0, 1], RGB.
 */
export function preprocess(spec: ModelSpec, x: tf.Tensor4D): tf.Tensor4D {
  const ordered = spec.channelOrder === 'BGR' && spec.inputShape[2] === 3 ? tf.reverse(x, [3]) : x;
  const { scale, shift } = affineOf(spec);
  const scaled = scale.every((value) => value === 1) ? ordered : tf.mul(ordered, tf.tensor1d(scale));
  return (shift.every((value) => value === 0) ? scaled : tf.add(scaled, tf.tensor1d(shift))) as tf.Tensor4D;
}

/** `(low + x·(high - low) - mean) / std` per channel, as one scale and one shift. */
export function affineOf({ inputShape, valueRange: [low, high], mean, std }: Omit<ModelSpec, 'classCount'>): {
  scale: number[];
  shift: number[];
} {
  const channels = Array.from({ length: inputShape[2] }, (_, c) => ({ mean: mean?.[c] ?? 0, std: std?.[c] ?? 1 }));
  return {
    scale: channels.map(({ std: s }) => (high - low) / s),
    shift: channels.map(({ mean: m, std: s }) => (low - m) / s),
  };
}
