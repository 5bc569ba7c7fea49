/** Operators that compute each element from one element alone. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import type { Operator, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { step, withGradient } from '../../dataflow/straight-through.js';

type Unary = (x: tf.Tensor, attributes: Attributes) => tf.Tensor;

function unary(fn: Unary): Operator {
  return {
    run(call) {
      const x = call.input(0);
      return x.like(fn(x.tensor, call.attributes));
    },
  };
}

/** `alpha (exp(x) - 1)` where x is negative; bounded first, so that the branch not taken is finite and has a finite gradient. */
const exponentialBelowZero = (x: tf.Tensor, alpha: number) => tf.mul(tf.expm1(tf.minimum(x, 0)), alpha);
const elu = (x: tf.Tensor, alpha: number) => tf.add(tf.relu(x), exponentialBelowZero(x, alpha));
export const hardSigmoid = (x: tf.Tensor, alpha: number, beta: number) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);

/** Hendrycks & Gimpel 2016. */
export function gelu(x: tf.Tensor, approximation: string): tf.Tensor {
  const inner =
    approximation === 'tanh'
      ? tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI)))
      : tf.erf(tf.mul(x, Math.SQRT1_2));
  return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
}

function isInfinite(x: tf.Tensor, attributes: Attributes): tf.Tensor {
  const above = tf.logicalAnd(tf.isInf(x), tf.greater(x, 0));
  const below = tf.logicalAnd(tf.isInf(x), tf.less(x, 0));
  if (!attributes.flag('detect_negative', true)) return above;
  return attributes.flag('detect_positive', true) ? tf.isInf(x) : below;
}

/** `y` where x is above a bound, and 0 elsewhere. */
const whereAbove = (x: tf.Tensor, bound: number, y: tf.Tensor) => tf.where(tf.greater(x, bound), y, tf.zerosLike(x));

function shrink(x: tf.Tensor, bias: number, lambda: number): tf.Tensor {
  return tf.where(tf.greaterEqual(x, -lambda), whereAbove(x, lambda, tf.sub(x, bias)), tf.add(x, bias));
}

export const elementwise: OperatorTable = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos),
  Acosh: unary(tf.acosh),
  Asin: unary(tf.asin),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh),
  Ceil: step(tf.Ceil, unary(tf.ceil)),
  Celu: unary((x, a) => {
    const alpha = a.number('alpha', 1);
    return tf.add(tf.relu(x), exponentialBelowZero(tf.div(x, alpha), alpha));
  }),
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Dropout: {
    run(call) {
      if (call.node.outputs[1]) throw new ComputeError('UNSUPPORTED_OPERATION', 'the mask of a dropout is not supported');
      return call.input(0);
    },
  },
  Elu: unary((x, a) => elu(x, a.number('alpha', 1))),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Floor: step(tf.Floor, unary(tf.floor)),
  Gelu: unary((x, a) => gelu(x, a.string('approximate', 'none'))),
  HardSigmoid: unary((x, a) => hardSigmoid(x, a.number('alpha', 0.2), a.number('beta', 0.5))),
  HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Identity: { run: (call) => call.input(0) },
  IsInf: withGradient('ZERO', unary(isInfinite)),
  IsNaN: withGradient('ZERO', unary(tf.isNaN)),
  LeakyRelu: unary((x, a) => tf.leakyRelu(x, a.number('alpha', 0.01))),
  Log: unary(tf.log),
  Mish: unary((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Neg: unary(tf.neg),
  Not: withGradient('ZERO', unary(tf.logicalNot)),
  Reciprocal: unary(tf.reciprocal),
  Relu: {
    run(call) {
      const x = call.input(0);
      const relu = (value: Value) => value.like(tf.relu(value.tensor));
      return x.quantized ? Value.quantized(relu(x.quantized.numbers), x.quantized.scale) : relu(x);
    },
  },
  Round: step(tf.Round, unary(tf.round)),
  Selu: unary((x, a) => tf.mul(elu(x, a.number('alpha', 1.6732632423543772)), a.number('gamma', 1.0507009873554805))),
  Shrink: unary((x, a) => shrink(x, a.number('bias', 0), a.number('lambd', 0.5))),
  Sigmoid: unary(tf.sigmoid),
  Sign: step(tf.Sign, unary(tf.sign)),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus),
  Softsign: unary((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Sqrt: unary(tf.sqrt),
  Swish: unary((x, a) => tf.mul(x, tf.sigmoid(tf.mul(x, a.number('alpha', 1))))),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),
  ThresholdedRelu: unary((x, a) => whereAbove(x, a.number('alpha', 1), x)),
};
