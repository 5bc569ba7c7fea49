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
  if (a.rank === 1) return tf.squeeze(matMul(tf.expandDims(a, 0), b), [-2]);
  if (b.rank === 1) return tf.squeeze(matMul(a, tf.expandDims(b, 1)), [-1]);
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

export function broadcast(x: tf.Tensor, shape: number[]): tf.Tensor {
  if (x.rank === shape.length && x.shape.every((size, i) => size === shape[i])) return x;
  return tf.broadcastTo(x, shape);
}

/** Tracing believes shapes. */
export function checkInner(k: number, inner: number): void {
  if (k !== inner) throw new ComputeError('INVALID_MODEL', `matrices of ${k} columns and of ${inner} rows cannot be multiplied`);
}
