/** Constants, and values of a shape that is computed. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { DType } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import { broadcast } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { dtypeOf } from '../tensors.js';

/** @throws ComputeError INVALID_MODEL for negative sizes. */
function shapeFrom(numbers: readonly number[]): number[] {
  if (numbers.every((size) => Number.isSafeInteger(size) && size >= 0)) return [...numbers];
  throw new ComputeError('INVALID_MODEL', `[${numbers.join(', ')}] is no shape`);
}

function constant({ attributes }: Call): Value {
  if (attributes.has('value')) return Value.known(attributes.tensor('value'));
  if (attributes.has('value_int')) return Value.ints([attributes.number('value_int')], []);
  if (attributes.has('value_ints')) return Value.ints(attributes.numbers('value_ints'));
  const values = attributes.has('value_floats') ? attributes.numbers('value_floats') : [attributes.number('value_float')];
  const shape = attributes.has('value_floats') ? [values.length] : [];
  return Value.known({ dtype: 'float32', shape, data: Float32Array.from(values) });
}

function constantOfShape(call: Call): Value {
  const { attributes } = call;
  const fill = attributes.has('value') ? attributes.tensor('value') : undefined;
  return Value.plain(tf.fill(shapeFrom(call.input(0).numbers), fill?.data[0] ?? 0, fill?.dtype ?? 'float32'));
}

/** The larger of both shapes along each axis, as broadcasting goes both ways. */
function expand(call: Call): Value {
  const x = call.input(0);
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...x.shape], shapeFrom(call.input(1).numbers));
  if (x.rank === shape.length && x.shape.every((size, i) => size === shape[i])) return x;
  return Value.plain(broadcast(x.plain, shape));
}

function range(call: Call): Value {
  const [start, limit, delta] = [0, 1, 2].map((i) => call.input(i).numbers[0]!) as [number, number, number];
  const { dtype } = call.input(0);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isFinite(count)) throw new ComputeError('INVALID_MODEL', `there is no range from ${start} to ${limit} by ${delta}`);
  if (count === 0) return Value.plain(tf.tensor([], [0], dtype));
  const steps = tf.range(0, count, 1, dtype as 'int32');
  return Value.plain(tf.add(tf.mul(steps, tf.scalar(delta, dtype)), tf.scalar(start, dtype)));
}

function cast(x: Value, dtype: DType | undefined): Value {
  if (!dtype) throw new ComputeError('UNSUPPORTED_OPERATION', 'texts are not supported');
  return x.dtype === dtype ? x : x.like(tf.cast(x.tensor, dtype));
}

function eyeLike(call: Call): Value {
  const [rows, columns] = call.input(0).shape as [number, number];
  const offset = call.attributes.number('k', 0);
  const dtype = call.attributes.has('dtype') ? dtypeOf(call.attributes.number('dtype')) : call.input(0).dtype;
  const indices = tf.add(tf.reshape(tf.range(0, rows, 1, 'int32'), [rows, 1]), tf.scalar(offset, 'int32'));
  return Value.plain(tf.cast(tf.equal(indices, tf.reshape(tf.range(0, columns, 1, 'int32'), [1, columns])), dtype ?? 'float32'));
}

/** `values` holds what stands elsewhere and what stands at the index. */
function oneHot(call: Call): Value {
  const indices = call.input(0).plain;
  const depth = call.input(1).numbers[0]!;
  const [off, on] = call.input(2).numbers as [number, number];
  const axis = call.attributes.number('axis', -1);
  const at = axis < 0 ? axis + indices.rank + 1 : axis;
  const positive = tf.mod(tf.cast(indices, 'int32'), tf.scalar(depth, 'int32'));
  const last = tf.oneHot(positive, depth, on, off);
  const order = Array.from({ length: indices.rank }, (_, i) => i);
  order.splice(at, 0, indices.rank);
  return Value.plain(tf.cast(tf.transpose(last, order), call.input(2).dtype));
}

export const creation: OperatorTable = {
  Cast: { gradient: 'STRAIGHT_THROUGH', run: (call) => cast(call.input(0), dtypeOf(call.attributes.number('to'))) },
  CastLike: { settings: [1], gradient: 'STRAIGHT_THROUGH', run: (call) => cast(call.input(0), call.input(1).dtype) },
  Constant: { gradient: 'CONSTANT', run: constant },
  ConstantOfShape: { settings: [0], gradient: 'CONSTANT', run: constantOfShape },
  Expand: { settings: [1], run: expand },
  EyeLike: { gradient: 'CONSTANT', run: eyeLike },
  OneHot: { settings: [1, 2], gradient: 'ZERO', run: oneHot },
  Range: { settings: [0, 1, 2], gradient: 'CONSTANT', run: range },
  Tile: {
    settings: [1],
    run: (call) => Value.plain(tf.tile(call.input(0).plain, shapeFrom(call.input(1).numbers))),
  },
};
