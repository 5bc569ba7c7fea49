/** Operators on single elements, and on values that are broadcast against each other. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { extreme, root } from '../../dataflow/differentiable.js';
import type { Operator, OperatorTable } from '../../dataflow/operator.js';
import { comparison, step, withGradient } from '../../dataflow/straight-through.js';
import { Value } from '../../dataflow/value.js';
import { dtypeOf } from './types.js';

function unary(fn: (x: tf.Tensor, attributes: Attributes) => tf.Tensor): Operator {
  return { run: (call) => Value.plain(fn(call.input(0).plain, call.attributes)) };
}

function broadcasting(fn: (...tensors: tf.Tensor[]) => tf.Tensor): Operator {
  return {
    run(call) {
      const tensors = call.inputs.map((_, i) => call.input(i).plain);
      // Tracing believes shapes.
      tensors.reduce<number[]>((shape, tensor) => tf.broadcast_util.assertAndGetBroadcastShape(shape, tensor.shape), []);
      return Value.plain(fn(...tensors));
    },
  };
}

const binary = (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => broadcasting((a, b) => fn(a!, b!));
const select = broadcasting((condition, a, b) => tf.where(tf.cast(condition!, 'bool'), a!, b!));
const identity: Operator = { run: (call) => call.input(0) };

export const elementwise: OperatorTable = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos),
  Acosh: unary(tf.acosh),
  Add: binary(tf.add),
  AddN: broadcasting((...tensors) => tf.addN(tensors)),
  AddV2: binary(tf.add),
  Asin: unary(tf.asin),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh),
  BiasAdd: {
    run(call) {
      const [x, bias] = [call.input(0).plain, call.input(1).plain];
      const isFirst = call.attributes.string('data_format', 'NHWC').startsWith('NC');
      return Value.plain(tf.add(x, isFirst ? tf.reshape(bias, [-1, ...Array<number>(x.rank - 2).fill(1)]) : bias));
    },
  },
  Cast: withGradient(
    'STRAIGHT_THROUGH',
    unary((x, attributes) => tf.cast(x, dtypeOf(attributes.string('DstT')))),
  ),
  Ceil: step(tf.Ceil, unary(tf.ceil)),
  ClipByValue: {
    settings: [1, 2],
    run: (call) => Value.plain(tf.clipByValue(call.input(0).plain, call.input(1).numbers[0]!, call.input(2).numbers[0]!)),
  },
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Div: binary(tf.div),
  /** 0 where it would divide by 0. */
  DivNoNan: binary((a, b) => {
    const isZero = tf.equal(b, 0);
    return tf.where(isZero, tf.zerosLike(tf.add(a, b)), tf.div(a, tf.where(isZero, tf.onesLike(b), b)));
  }),
  Elu: unary(tf.elu),
  EnsureShape: identity,
  Equal: withGradient('ZERO', binary(tf.equal)),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Floor: step(tf.Floor, unary(tf.floor)),
  FloorDiv: withGradient('STRAIGHT_THROUGH', binary(tf.floorDiv)),
  FloorMod: binary(tf.mod),
  Greater: comparison(tf.Greater, 1, binary(tf.greater)),
  GreaterEqual: comparison(tf.GreaterEqual, 1, binary(tf.greaterEqual)),
  Identity: identity,
  IdentityN: { run: (call) => call.inputs.map((_, i) => call.input(i)) },
  // Neither infinity nor NaN is 0 when it is taken from itself.
  IsFinite: withGradient(
    'ZERO',
    unary((x) => tf.equal(tf.sub(x, x), 0)),
  ),
  IsNan: withGradient('ZERO', unary(tf.isNaN)),
  LeakyRelu: unary((x, attributes) => tf.leakyRelu(x, attributes.number('alpha', 0.2))),
  Less: comparison(tf.Less, -1, binary(tf.less)),
  LessEqual: comparison(tf.LessEqual, -1, binary(tf.lessEqual)),
  Log: unary(tf.log),
  Log1p: unary(tf.log1p),
  LogSoftmax: unary((x) => tf.logSoftmax(x)),
  LogicalAnd: withGradient('ZERO', binary(tf.logicalAnd)),
  LogicalNot: withGradient('ZERO', unary(tf.logicalNot)),
  LogicalOr: withGradient('ZERO', binary(tf.logicalOr)),
  LogicalXor: withGradient('ZERO', binary(tf.logicalXor)),
  Maximum: binary((a, b) => extreme(tf.maximum, a, b)),
  Minimum: binary((a, b) => extreme(tf.minimum, a, b)),
  Mod: binary(tf.mod),
  Mul: binary(tf.mul),
  Neg: unary(tf.neg),
  NotEqual: withGradient('ZERO', binary(tf.notEqual)),
  OnesLike: withGradient('CONSTANT', unary(tf.onesLike)),
  PlaceholderWithDefault: identity,
  Pow: {
    run(call) {
      const [x, exponent] = [call.input(0), call.input(1)];
      const isRoot = exponent.known?.data.length === 1 && exponent.known.data[0]! > 0 && exponent.known.data[0]! < 1;
      return Value.plain(isRoot ? root(x.plain, exponent.known.data[0]!) : tf.pow(x.plain, exponent.plain));
    },
  },
  Prelu: binary(tf.prelu),
  RealDiv: binary(tf.div),
  Reciprocal: unary(tf.reciprocal),
  Relu: unary(tf.relu),
  Relu6: unary(tf.relu6),
  Rint: step(tf.Round, unary(tf.round)),
  Round: step(tf.Round, unary(tf.round)),
  Rsqrt: unary(tf.rsqrt),
  Select: select,
  SelectV2: select,
  Selu: unary(tf.selu),
  Sigmoid: unary(tf.sigmoid),
  Sign: step(tf.Sign, unary(tf.sign)),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Snapshot: identity,
  Softmax: unary((x) => tf.softmax(x)),
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt),
  Square: unary(tf.square),
  SquaredDifference: binary(tf.squaredDifference),
  // Stopped in training; what it computes has a gradient all the same.
  StopGradient: identity,
  Sub: binary(tf.sub),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),
  ZerosLike: withGradient('CONSTANT', unary(tf.zerosLike)),
};
