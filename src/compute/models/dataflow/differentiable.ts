/** Operations whose form in TensorFlow.js has no gradient, or a wrong one. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';

/** TensorFlow.js has no gradient of a dilated convolution; that of a filter with zeros in it is the same. */
export function dilate(filter: tf.Tensor4D, [dy, dx]: readonly [number, number]): tf.Tensor4D {
  if (dy === 1 && dx === 1) return filter;
  const [h, w, i, o] = filter.shape;
  const spread = tf.pad(tf.reshape(filter, [h, 1, w, 1, i * o]), [
    [0, 0],
    [0, dy - 1],
    [0, 0],
    [0, dx - 1],
    [0, 0],
  ]);
  const wide = tf.reshape(spread, [h * dy, w * dx, i, o]) as tf.Tensor4D;
  return tf.slice(wide, [0, 0, 0, 0], [(h - 1) * dy + 1, (w - 1) * dx + 1, i, o]);
}

/** Every `step`-th element along an axis, by a reshape: TensorFlow.js has no gradient of a strided slice. */
export function everyNth(x: tf.Tensor, step: number, axis: number): tf.Tensor {
  if (step === 1) return x;
  const count = Math.ceil(x.shape[axis]! / step);
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const missing = count * step - x.shape[axis]!;
  const whole = tf.pad(
    x,
    x.shape.map((_, i): [number, number] => [0, i === axis ? missing : 0]),
  );
  const rows = tf.reshape(whole, [sizeOf(before) * count, step, sizeOf(after)]);
  return tf.reshape(tf.slice(rows, [0, 0, 0], [-1, 1, -1]), [...before, count, ...after]);
}

/** `[..., m, k] × [..., k, n]`, with the batch axes broadcast. */
export function matMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  // A vector is a row on the left and a column on the right, and its axis is dropped again.
  if (a.rank === 1 || b.rank === 1) {
    const y = matMul(a.rank === 1 ? tf.expandDims(a, 0) : a, b.rank === 1 ? tf.expandDims(b, 1) : b);
    const axes = [...(a.rank === 1 ? [y.rank - 2] : []), ...(b.rank === 1 ? [y.rank - 1] : [])];
    return tf.squeeze(y, axes);
  }
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [inner, n] = b.shape.slice(-2) as [number, number];
  checkInner(k, inner);
  if (b.rank === 2) {
    const y = tf.matMul(tf.reshape(a, [-1, k]) as tf.Tensor2D, b as tf.Tensor2D);
    return a.rank === 2 ? y : tf.reshape(y, [...a.shape.slice(0, -1), n]);
  }
  // The gradient of TensorFlow.js' own does not undo broadcasting.
  const axes = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (x: tf.Tensor, rows: number, columns: number) =>
    tf.reshape(broadcast(x, [...axes, rows, columns]), [-1, rows, columns]) as tf.Tensor3D;
  return tf.reshape(tf.matMul(spread(a, m, k), spread(b, k, n)), [...axes, m, n]);
}

/** Goes on at the other end. @param pads before and after, of each axis. */
export function wrapPad(x: tf.Tensor, pads: readonly (readonly [number, number])[]): tf.Tensor {
  return pads.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y;
    const size = y.shape[axis]!;
    if (size === 0) throw new ComputeError('INVALID_MODEL', 'an axis of 0 has no other end');
    const positions = Int32Array.from({ length: before + size + after }, (_, i) => (((i - before) % size) + size) % size);
    return tf.gather(y, tf.tensor1d(positions, 'int32'), axis);
  }, x);
}

/** The gradient of TensorFlow.js' own leaves out what is mirrored. @param pads before and after, of each axis. */
export function mirrorPad(x: tf.Tensor, pads: readonly (readonly [number, number])[], mode: 'reflect' | 'symmetric'): tf.Tensor {
  const skip = mode === 'reflect' ? 1 : 0;
  return pads.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y;
    const size = y.shape[axis]!;
    if (Math.max(before, after) > size - skip) throw new ComputeError('INVALID_MODEL', `an axis of ${size} cannot be mirrored that far`);
    const mirrored = (at: number) => (at < 0 ? -at - 1 + skip : at >= size ? 2 * size - 1 - at - skip : at);
    const positions = Int32Array.from({ length: before + size + after }, (_, i) => mirrored(i - before));
    return tf.gather(y, tf.tensor1d(positions, 'int32'), axis);
  }, x);
}

/** A power below 1, whose slope at 0 is 0 as that of a square root: an infinite one times the slope of the squares in a norm is not a number. */
export function root(x: tf.Tensor, exponent: number): tf.Tensor {
  if (exponent === 0.5) return tf.sqrt(x);
  const isZero = tf.equal(x, 0);
  return tf.where(isZero, tf.zerosLike(x), tf.pow(tf.where(isZero, tf.onesLike(x), x), exponent));
}

/** Sums up to each position. The gradient of TensorFlow.js' own is right along the last axis alone. */
export function cumulativeSum(x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean): tf.Tensor {
  const last = x.rank - 1;
  if (axis === last) return tf.cumsum(x, axis, exclusive, reverse);
  const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  return tf.transpose(tf.cumsum(tf.transpose(x, order), last, exclusive, reverse), order);
}

/** The product over axes, half by half: TensorFlow.js' own has no gradient. */
export function product(x: tf.Tensor, axes: readonly number[], keepDims = false): tf.Tensor {
  const kept = x.shape.map((_, i) => i).filter((axis) => !axes.includes(axis));
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  const shape = keepDims ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : kept.map((axis) => x.shape[axis]!);
  if (count === 0) return tf.ones(shape, x.dtype);
  let rows = tf.reshape(tf.transpose(x, [...kept, ...axes]), [-1, count]);
  while (rows.shape[1]! > 1) {
    const half = Math.ceil(rows.shape[1]! / 2);
    const missing: [number, number] = [0, 2 * half - rows.shape[1]!];
    const even = tf.pad(rows, [[0, 0], missing], 1);
    rows = tf.mul(tf.slice(even, [0, 0], [-1, half]), tf.slice(even, [0, half], [-1, half]));
  }
  return tf.reshape(rows, shape);
}

/** Blocks of channels as squares of pixels, the place in the block being the slow axis among the channels. TensorFlow.js' own has no gradient. */
export function depthToSpace(x: tf.Tensor4D, block: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const depth = c / block ** 2;
  const moved = tf.transpose(tf.reshape(x, [n, h, w, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return tf.reshape(moved, [n, h * block, w * block, depth]);
}

/** The larger or smaller of two values: TensorFlow.js' own has no gradient by an operand that is repeated. */
export function extreme(fn: typeof tf.maximum, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  // A single number is a constant of the architecture, by which nobody asks for a gradient.
  const repeated = (x: tf.Tensor) => (x.size === 1 ? x : broadcast(x, shape));
  return fn(repeated(a), repeated(b));
}

export function broadcast(x: tf.Tensor, shape: number[]): tf.Tensor {
  if (x.rank === shape.length && x.shape.every((size, i) => size === shape[i])) return x;
  return tf.broadcastTo(x, shape);
}

/** Tracing believes shapes. */
export function checkInner(k: number, inner: number): void {
  if (k !== inner) throw new ComputeError('INVALID_MODEL', `matrices of ${k} columns and of ${inner} rows cannot be multiplied`);
}
