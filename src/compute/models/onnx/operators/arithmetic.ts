/** Operators on several values that are broadcast against each other. @module */
import * as tf from '@tensorflow/tfjs-core';
import { extreme, root } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { comparison, withGradient } from '../../dataflow/straight-through.js';
import { Value } from '../../dataflow/value.js';

/** Applies `fn` to values whose axes are brought into one order: that of images where one of them is an image. */
function aligned(values: readonly Value[], fn: (...tensors: tf.Tensor[]) => tf.Tensor): Value {
  const asImages = values.some(({ isChannelsLast }) => isChannelsLast) && values.every(({ rank }) => rank <= 4);
  // A single number broadcasts as it is, without axes for an engine to look through.
  const tensors = values.map((value) => {
    if (!asImages) return value.plain;
    return value.size === 1 && value.rank < 4 ? tf.reshape(value.tensor, []) : value.channelsLast;
  });
  // Tracing believes shapes.
  tensors.reduce<number[]>((shape, tensor) => tf.broadcast_util.assertAndGetBroadcastShape(shape, tensor.shape), []);
  const y = fn(...tensors);
  return asImages ? Value.channelsLast(y) : Value.plain(y);
}

type Binary = (a: tf.Tensor, b: tf.Tensor, call: Call) => tf.Tensor;

function binary(fn: Binary): Operator {
  return { run: (call) => aligned([call.input(0), call.input(1)], (a, b) => fn(a!, b!, call)) };
}

function variadic(fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, finish: (y: tf.Tensor, count: number) => tf.Tensor = (y) => y): Operator {
  return {
    run(call) {
      const values = call.inputs.map((_, i) => call.input(i));
      return aligned(values, (...tensors) => finish(tensors.reduce(fn), tensors.length));
    },
  };
}

/** Integer division in ONNX drops the fraction; that of TensorFlow.js rounds down. */
function divide(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (a.dtype !== 'int32') return tf.div(a, b);
  const magnitude = tf.floorDiv(tf.abs(a), tf.abs(b));
  return tf.mul(magnitude, tf.mul(tf.sign(a), tf.sign(b)));
}

/** The sign of the result is the divisor's, or the dividend's with `fmod`. */
function modulo(a: tf.Tensor, b: tf.Tensor, call: Call): tf.Tensor {
  if (!call.attributes.flag('fmod')) return tf.mod(a, b);
  return tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b)));
}

/** Squares and roots have simpler gradients than powers. */
function power(a: tf.Tensor, b: tf.Tensor, call: Call): tf.Tensor {
  const exponent = call.input(1).known;
  const only = exponent?.data.length === 1 ? exponent.data[0] : undefined;
  if (only === 2) return tf.square(a);
  if (only !== undefined && only > 0 && only < 1) return root(a, only);
  return tf.cast(tf.pow(a, tf.cast(b, a.dtype)), a.dtype);
}

/** Bounds that are computed from weights or from the image. */
function clipByComputed(call: Call): Value {
  const sides = [
    [1, tf.maximum],
    [2, tf.minimum],
  ] as const;
  return sides.reduce(
    (x, [index, fn]) => (call.has(index) ? aligned([x, call.input(index)], (a, b) => extreme(fn, a!, tf.cast(b!, a!.dtype))) : x),
    call.input(0),
  );
}

export const arithmetic: OperatorTable = {
  Add: binary(tf.add),
  And: withGradient('ZERO', binary(tf.logicalAnd)),
  Div: binary(divide),
  Equal: withGradient('ZERO', binary(tf.equal)),
  Greater: comparison(tf.Greater, 1, binary(tf.greater)),
  GreaterOrEqual: comparison(tf.GreaterEqual, 1, binary(tf.greaterEqual)),
  Less: comparison(tf.Less, -1, binary(tf.less)),
  LessOrEqual: comparison(tf.LessEqual, -1, binary(tf.lessEqual)),
  Max: variadic((a, b) => extreme(tf.maximum, a, b)),
  Mean: variadic(tf.add, (y, count) => tf.div(y, count)),
  Min: variadic((a, b) => extreme(tf.minimum, a, b)),
  Mod: binary(modulo),
  Mul: binary(tf.mul),
  Or: withGradient('ZERO', binary(tf.logicalOr)),
  Pow: binary(power),
  PRelu: binary(tf.prelu),
  Sub: binary(tf.sub),
  Sum: variadic(tf.add),
  Where: {
    run: (call) =>
      aligned([call.input(0), call.input(1), call.input(2)], (condition, a, b) => tf.where(tf.cast(condition!, 'bool'), a!, b!)),
  },
  Xor: withGradient('ZERO', binary(tf.logicalXor)),
  Clip: {
    settings: [1, 2],
    run(call) {
      const x = call.input(0);
      if ([1, 2].some((index) => call.has(index) && !call.input(index).known)) return clipByComputed(call);
      const bound = (name: string, index: number) => call.setting(name, index)?.[0];
      const low = bound('min', 1) ?? -Infinity;
      const high = bound('max', 2) ?? Infinity;
      if (low === 0 && high === Infinity) return x.like(tf.relu(x.tensor));
      if (low === 0 && high === 6) return x.like(tf.relu6(x.tensor));
      return x.like(tf.cast(tf.minimum(tf.maximum(x.tensor, low), high), x.dtype));
    },
  },
};
