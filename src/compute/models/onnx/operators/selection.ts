/** Operators that find elements by their values, and so work on what is known without the image: masks and positions that exporters compute. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import { broadcast } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';

/** Coordinates of the elements that are not zero, `[rank, count]`. */
function nonZero(call: Call): Value {
  const { numbers, shape } = call.input(0);
  const found = numbers.flatMap((value, i) => (value === 0 ? [] : [i]));
  const coordinates = shape.map((size, axis) => found.map((i) => Math.floor(i / sizeOf(shape.slice(axis + 1))) % size));
  return Value.ints(coordinates.flat(), [shape.length, found.length]);
}

/** The largest or smallest values along an axis with their positions; of equal values the first. */
function topK(call: Call): Value[] {
  const x = call.input(0);
  const axis = normalAxis(call.attributes.number('axis', -1), x.rank);
  const k = call.has(1) ? call.input(1).numbers[0]! : call.attributes.number('k');
  const length = x.shape[axis]!;
  if (!(Number.isInteger(k) && k >= 0 && k <= length)) throw new ComputeError('INVALID_MODEL', `there are no ${k} of ${length} values`);
  if (!x.known) throw new ComputeError('UNSUPPORTED_OPERATION', 'choosing among values that depend on the image is not supported');
  const sign = call.attributes.flag('largest', true) ? 1 : -1;
  const { numbers } = x;
  const stride = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const shape = x.shape.map((size, i) => (i === axis ? k : size));
  const positions = new Int32Array(sizeOf(shape));
  for (let row = 0; row < outer * stride; row++) {
    const [before, after] = [Math.floor(row / stride), row % stride];
    const at = (i: number) => (before * length + i) * stride + after;
    const order = Array.from({ length }, (_, i) => i).sort((a, b) => sign * (numbers[at(b)]! - numbers[at(a)]!) || a - b);
    for (let i = 0; i < k; i++) positions[(before * k + i) * stride + after] = order[i]!;
  }
  const values = Array.from(positions, (position, i) => {
    const [before, after] = [Math.floor(i / (k * stride)), i % stride];
    return numbers[(before * length + position) * stride + after]!;
  });
  const data = x.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return [Value.known({ dtype: x.dtype, shape, data }), Value.known({ dtype: 'int32', shape, data: positions })];
}

/** The upper or lower triangle of the last two axes; elsewhere 0. */
function triangle(call: Call): Value {
  const x = call.input(0);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const k = call.has(1) ? call.input(1).numbers[0]! : 0;
  const isUpper = call.attributes.flag('upper', true);
  const kept = Array.from({ length: rows * columns }, (_, i) => {
    const distance = (i % columns) - Math.floor(i / columns);
    return isUpper ? distance >= k : distance <= k;
  });
  // A choice and not a product, as what is left out may be infinite.
  const mask = tf.tensor2d(kept.map(Number), [rows, columns], 'bool');
  return Value.plain(tf.where(broadcast(mask, [...x.shape]), x.plain, tf.zerosLike(x.plain)));
}

/** Those elements along an axis, or of the flat value, for which the condition holds. */
function compress(call: Call): Value {
  const x = call.input(0);
  const { attributes } = call;
  const isFlat = !attributes.has('axis');
  const values = isFlat ? tf.reshape(x.plain, [-1]) : x.plain;
  const axis = isFlat ? 0 : normalAxis(attributes.number('axis'), x.rank);
  const kept = call.input(1).numbers.flatMap((holds, i) => (holds === 0 ? [] : [i]));
  if ((kept.at(-1) ?? -1) >= values.shape[axis]!) throw new ComputeError('INVALID_MODEL', `the condition is longer than the axis`);
  return Value.plain(tf.gather(values, tf.tensor1d(kept, 'int32'), axis));
}

export const selections: OperatorTable = {
  Compress: { settings: [1], run: compress },
  NonZero: { settings: [0], gradient: 'CONSTANT', run: nonZero },
  TopK: { settings: [0, 1], gradient: 'CONSTANT', run: topK },
  Trilu: { settings: [1], run: triangle },
};
