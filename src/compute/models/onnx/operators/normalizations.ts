/** Normalizations. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { alongChannels, batchNormalization } from '../../dataflow/batch-normalization.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';

function standardize(x: tf.Tensor, axes: readonly number[], epsilon: number): { y: tf.Tensor; mean: tf.Tensor; inverse: tf.Tensor } {
  const mean = tf.mean(x, axes as number[], true);
  const centred = tf.sub(x, mean);
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes as number[], true), epsilon));
  return { y: tf.mul(centred, inverse), mean, inverse };
}

/** Ulyanov et al. 2016. */
function instanceNormalization(call: Call): Value {
  const x = call.input(0);
  const axes = x.shape.map((_, i) => x.axis(i)).slice(2);
  const { y } = standardize(x.tensor, axes, call.attributes.number('epsilon', 1e-5));
  return x.like(tf.add(tf.mul(y, alongChannels(x, x.axis(1), call.input(1).plain)), alongChannels(x, x.axis(1), call.input(2).plain)));
}

/** Ba et al. 2016. Normalizes from an axis on to the last. */
function layerNormalization(call: Call): Value[] {
  const x = call.input(0).plain;
  const first = normalAxis(call.attributes.number('axis', -1), x.rank);
  const axes = x.shape.map((_, i) => i).slice(first);
  const { y, mean, inverse } = standardize(x, axes, call.attributes.number('epsilon', 1e-5));
  const scaled = tf.mul(y, call.input(1).plain);
  return [call.has(2) ? tf.add(scaled, call.input(2).plain) : scaled, mean, inverse].map(Value.plain);
}

/** Wu & He 2018. Scale and bias are one number a channel, or one a group before operator set 21. */
function groupNormalization(call: Call): Value {
  const value = call.input(0);
  const groups = call.attributes.number('num_groups');
  const x = value.channelsLast;
  const [n, h, w, c] = x.shape;
  const size = c / groups;
  if (!(groups > 0 && Number.isInteger(size))) throw new ComputeError('INVALID_MODEL', `${groups} groups do not fit ${c} channels`);
  const { y } = standardize(tf.reshape(x, [n, h, w, groups, size]), [1, 2, 4], call.attributes.number('epsilon', 1e-5));
  const perChannel = ({ plain }: Value) => (plain.size === c ? plain : tf.reshape(tf.tile(tf.reshape(plain, [groups, 1]), [1, size]), [c]));
  const flat = tf.reshape(y, [n, h, w, c]);
  return Value.channelsLast(tf.add(tf.mul(flat, perChannel(call.input(1))), perChannel(call.input(2))));
}

/** Krizhevsky et al. 2012. */
function localResponseNormalization(call: Call): Value {
  const { attributes } = call;
  const size = attributes.number('size');
  if (!(Number.isInteger(size) && size > 0)) throw new ComputeError('INVALID_MODEL', `its size is ${size}`);
  const alpha = attributes.number('alpha', 1e-4) / size;
  const [beta, bias] = [attributes.number('beta', 0.75), attributes.number('bias', 1)];
  const x = call.input(0).channelsLast;
  if (size % 2 === 1) return Value.channelsLast(tf.localResponseNormalization(x, (size - 1) / 2, bias, alpha, beta));
  const squares = tf.pad(tf.square(x), [
    [0, 0],
    [0, 0],
    [0, 0],
    [size / 2 - 1, size / 2],
  ]);
  const windows = Array.from({ length: size }, (_, i) => tf.slice(squares, [0, 0, 0, i], x.shape));
  return Value.channelsLast(tf.div(x, tf.pow(tf.add(tf.mul(tf.addN(windows), alpha), bias), beta)));
}

function lpNormalization(call: Call): Value {
  const x = call.input(0);
  const axis = x.axis(call.attributes.number('axis', -1));
  const norm =
    call.attributes.number('p', 2) === 1 ? tf.sum(tf.abs(x.tensor), axis, true) : tf.sqrt(tf.sum(tf.square(x.tensor), axis, true));
  // What is zero throughout stays so.
  return x.like(tf.div(x.tensor, tf.where(tf.equal(norm, 0), tf.onesLike(norm), norm)));
}

/** Softmax over one axis, and before operator set 13 over all axes from one on. */
function softmaxLike(call: Call, fn: (x: tf.Tensor) => tf.Tensor): Value {
  const x = call.input(0);
  const axis = normalAxis(call.attributes.number('axis', call.node.version >= 13 ? -1 : 1), x.rank);
  if (call.node.version >= 13) return softmaxOverAxis(x, axis, fn);
  const flat = tf.reshape(x.plain, [x.shape.slice(0, axis).reduce((a, b) => a * b, 1), -1]);
  return Value.plain(tf.reshape(fn(flat), x.shape as number[]));
}

/** TensorFlow.js knows only the last axis. */
function softmaxOverAxis(x: Value, axis: number, fn: (x: tf.Tensor) => tf.Tensor): Value {
  const at = x.axis(axis);
  const last = x.rank - 1;
  if (at === last) return x.like(fn(x.tensor));
  const order = x.shape.map((_, i) => (i === at ? last : i === last ? at : i));
  return x.like(tf.transpose(fn(tf.transpose(x.tensor, order)), order));
}

export const normalizations: OperatorTable = {
  BatchNormalization: {
    statistics: [3, 4],
    run: (call) =>
      batchNormalization(call, call.input(0).axis(1), call.attributes.number('epsilon', 1e-5), call.attributes.number('momentum', 0.9)),
  },
  GroupNormalization: { run: groupNormalization },
  InstanceNormalization: { run: instanceNormalization },
  LayerNormalization: { run: layerNormalization },
  LogSoftmax: { run: (call) => softmaxLike(call, (x) => tf.logSoftmax(x)) },
  LpNormalization: { run: lpNormalization },
  LRN: { run: localResponseNormalization },
  MeanVarianceNormalization: {
    run(call) {
      const x = call.input(0);
      const axes = call.attributes.numbers('axes', [0, 2, 3]).map((axis) => x.axis(axis));
      return x.like(standardize(x.tensor, axes, 1e-9).y);
    },
  },
  Softmax: { run: (call) => softmaxLike(call, (x) => tf.softmax(x)) },
};
