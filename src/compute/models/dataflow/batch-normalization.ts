/** Batch normalization (Ioffe & Szegedy 2015), for every format. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Call } from './operator.js';
import type { Value } from './value.js';

/** `[channels]` as a factor of `x`'s tensor, whose channels are the given axis. */
export function alongChannels(x: Value, axis: number, vector: tf.Tensor): tf.Tensor {
  if (axis === x.rank - 1) return vector;
  return tf.reshape(
    vector,
    x.shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

/**
 * One scale and one shift, which engines fold into the convolution before it. In training mode by the batch's statistics, which then move the
 * stored ones. Inputs of the node: x, scale, shift (either may be left out), mean and variance.
 * @param axis of the channels in x's tensor.
 * @param momentum share of the stored statistics that stays.
 */
export function batchNormalization(call: Call, axis: number, epsilon: number, momentum: number): Value {
  const x = call.input(0);
  const { mean, variance } = call.environment.training
    ? batchStatistics(call, axis, momentum)
    : { mean: call.input(3).plain, variance: call.input(4).plain };
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const scale = call.has(1) ? tf.mul(call.input(1).plain, inverse) : inverse;
  const centred = tf.mul(mean, scale);
  const shift = call.has(2) ? tf.sub(call.input(2).plain, centred) : tf.neg(centred);
  return x.like(tf.add(tf.mul(x.tensor, alongChannels(x, axis, scale)), alongChannels(x, axis, shift)));
}

function batchStatistics(call: Call, axis: number, momentum: number): { mean: tf.Tensor; variance: tf.Tensor } {
  const x = call.input(0);
  const axes = x.shape.map((_, i) => i).filter((other) => other !== axis);
  const { mean, variance } = tf.moments(x.tensor, axes);
  for (const [index, value] of [mean, variance].entries()) {
    const moving = tf.mul(call.input(3 + index).plain, momentum);
    call.environment.update(call.node.inputs[3 + index]!, tf.add(moving, tf.mul(value, 1 - momentum)));
  }
  return { mean, variance };
}
