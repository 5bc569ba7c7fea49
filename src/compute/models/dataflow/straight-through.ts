/** Entries of operators whose gradient is not that of what they compute, with what BPDA takes for it. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Gradient } from './gradient.js';
import type { Operator } from './operator.js';

/** The operator with another gradient than EXACT. */
export function withGradient(gradient: Gradient, operator: Operator): Operator {
  return { ...operator, gradient };
}

/** A step, for which BPDA takes the identity. @param kernel of TensorFlow.js that the operator runs. */
export function step(kernel: string, operator: Operator): Operator {
  return { ...operator, gradient: 'ZERO', straightThrough: identityGradient(kernel) };
}

/**
 * A comparison, for which BPDA takes the difference of its inputs.
 * @param kernel of TensorFlow.js that the operator runs. @param sign whether the output rises or falls with that difference.
 */
export function comparison(kernel: string, sign: 1 | -1, operator: Operator): Operator {
  return { ...operator, gradient: 'ZERO', straightThrough: differenceGradient(kernel, sign) };
}

/** The gradient of the identity. */
export function identityGradient(kernelName: string): tf.GradConfig {
  return { kernelName, gradFunc: (dy) => ({ x: () => only(dy) }) };
}

/** The value, as a constant to gradients. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const stop = tf.customGrad((value) => ({ value: tf.clone(value as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) }));
  return stop(x) as T;
}

/** Rounds to whole numbers, halves to even ones, with the gradient of the identity. */
export function roundStraightThrough(x: tf.Tensor): tf.Tensor {
  const round = tf.customGrad((exact) => ({ value: tf.round(exact as tf.Tensor), gradFunc: (dy) => dy as tf.Tensor }));
  return round(x);
}

function differenceGradient(kernelName: string, sign: 1 | -1): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => summedTo(tf.mul(only(dy), sign), a!.shape),
      b: () => summedTo(tf.mul(only(dy), -sign), b!.shape),
    }),
  };
}

/** The gradient by the output of a kernel that has one output. */
const only = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(dy) ? dy[0]! : dy);

/** The transpose of broadcasting. */
function summedTo(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const missing = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => (axis < missing || (shape[axis - missing] === 1 && size > 1) ? [axis] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}
