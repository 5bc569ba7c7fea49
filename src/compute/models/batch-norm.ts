/**
 * Batch normalization (Ioffe & Szegedy 2015) in place of tfjs-layers' own, for three reasons: at inference it is one multiplication and one
 * addition by constants, which engines fold into the convolution before it, and whose gradient is one multiplication; it can be
 * differentiated without `scale`, where tfjs' cannot; in training it hands the new moving statistics out rather than assigning them.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { Layer } from './build-layers-model.js';

/** What tfjs-layers' BatchNormalization holds; `gamma` is absent without `scale`, `beta` without `center`. */
interface BatchNormFields {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: LayerVariable;
  readonly beta?: LayerVariable;
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
}

/** Receives the new value of a moving statistic in training mode. */
export type UpdateSink = (variable: LayerVariable, value: tf.Tensor) => void;

/** Replaces what the layer computes. */
export function replaceBatchNorm(layer: Layer, onUpdate: UpdateSink): void {
  const fields = layer as unknown as BatchNormFields;
  layer.call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return kwargs?.['training'] === true ? normalizeByBatch(fields, x, onUpdate) : normalizeByMovingStatistics(fields, x);
  };
}

function normalizeByMovingStatistics(fields: BatchNormFields, x: tf.Tensor): tf.Tensor {
  return affine(fields, x, fields.movingMean.read(), fields.movingVariance.read());
}

function normalizeByBatch(fields: BatchNormFields, x: tf.Tensor, onUpdate: UpdateSink): tf.Tensor {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== channelAxis(fields, x));
  const { mean, variance } = tf.moments(x, axes);
  const blend = (moving: LayerVariable, value: tf.Tensor) =>
    onUpdate(moving, tf.add(tf.mul(moving.read(), fields.momentum), tf.mul(value, 1 - fields.momentum)));
  blend(fields.movingMean, mean);
  blend(fields.movingVariance, variance);
  return affine(fields, x, mean, variance);
}

/** `gamma · (x - mean) / sqrt(variance + ε) + beta`, as one scale and one shift. */
function affine(fields: BatchNormFields, x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor {
  const inverse = tf.rsqrt(tf.add(variance, fields.epsilon));
  const scale = fields.gamma ? tf.mul(fields.gamma.read(), inverse) : inverse;
  const centred = tf.mul(mean, scale);
  const shift = fields.beta ? tf.sub(fields.beta.read(), centred) : tf.neg(centred);
  return tf.add(tf.mul(x, alongChannels(fields, x, scale)), alongChannels(fields, x, shift));
}

/** Where channels are not the last axis, a `[channels]` value needs axes of size 1 after it to broadcast. */
function alongChannels(fields: BatchNormFields, x: tf.Tensor, value: tf.Tensor): tf.Tensor {
  const axis = channelAxis(fields, x);
  if (axis === x.rank - 1) return value;
  return tf.reshape(
    value,
    x.shape.map((size, i) => (i === axis ? size : 1)),
  );
}

function channelAxis({ axis }: BatchNormFields, x: tf.Tensor): number {
  return axis < 0 ? axis + x.rank : axis;
}
