/** Quantised networks, as onnxruntime's tools write them: rounded between operators, or with operators of whole numbers. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { matMul } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { stopGradient, withGradient } from '../../dataflow/straight-through.js';
import { Value } from '../../dataflow/value.js';
import { convolutions } from './convolutions.js';
import { matrices } from './matrices.js';
import { poolings } from './pooling.js';
import { dequantized, numbersOf, quantized, type Range, roundedInto } from './quantized.js';

/** Attribute that readers add: the range of the type that a node outputs. */
export const RANGE = 'quantized_range';
/** Attribute that readers add: the network computes in whole numbers, so that weights stay in them. */
export const KEEPS_NUMBERS = 'keeps_numbers';
const BYTE: Range = [0, 255];

/** Where nodes have the zero point whose type is that of their output. */
export const ZERO_POINTS: Readonly<Record<string, number>> = {
  QuantizeLinear: 2,
  QLinearConv: 7,
  QLinearMatMul: 7,
  'com.microsoft.QuantizeLinear': 2,
  'com.microsoft.QGemm': 8,
  'com.microsoft.QLinearAdd': 7,
  'com.microsoft.QLinearAveragePool': 4,
  'com.microsoft.QLinearConcat': 1,
  'com.microsoft.QLinearConv': 7,
  'com.microsoft.QLinearGlobalAveragePool': 4,
  'com.microsoft.QLinearLeakyRelu': 4,
  'com.microsoft.QLinearMul': 7,
  'com.microsoft.QLinearSigmoid': 4,
  'com.microsoft.QLinearSoftmax': 4,
};

/** Operators that round what flows through a network. */
export const QUANTIZERS: readonly string[] = [...Object.keys(ZERO_POINTS), 'DynamicQuantizeLinear', 'com.microsoft.DynamicQuantizeMatMul'];

function rangeOf({ attributes }: Call): Range {
  const [low, high] = attributes.numbers(RANGE, BYTE);
  return [low!, high!];
}

const straightThrough = (run: Operator['run']): Operator => withGradient('STRAIGHT_THROUGH', { run });

/** Scales and zero points of one input and the output, and of two. */
const ONE = [1, 2, 3, 4];
const TWO = [1, 2, 4, 5, 6, 7];

/** An operator on values that are quantised, whose output is quantised again by the last scale. @param settings where its scales and zero points are. */
function between(settings: readonly number[], fn: (call: Call) => Value): Operator {
  return { ...straightThrough((call) => quantized(call, fn(call), settings.at(-2)!, rangeOf(call))), settings };
}

const run = (operator: Operator, call: Call, inputs: Call['inputs']) => operator.run(call.with(inputs)) as Value;

const onePlain = (fn: (x: tf.Tensor, call: Call) => tf.Tensor) => (call: Call) => {
  const x = dequantized(call, 0);
  return x.like(fn(x.tensor, call));
};

/** Inputs of both sides are broadcast. */
const twoPlain = (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (call: Call) => {
  const [a, b] = [dequantized(call, 0), dequantized(call, 3)];
  const asImages = a.isChannelsLast || b.isChannelsLast;
  const y = asImages ? fn(a.channelsLast, b.channelsLast) : fn(a.plain, b.plain);
  return asImages ? Value.channelsLast(y) : Value.plain(y);
};

/** Bounds of each image's own values, with 0 among them: images do not depend on those beside them. Nothing has a slope by them. */
function dynamicallyQuantized(x: tf.Tensor): { numbers: tf.Tensor; scale: tf.Tensor; zeroPoint: tf.Tensor } {
  const axes = x.shape.map((_, i) => i).slice(1);
  const bound = (fn: typeof tf.max, zero: typeof tf.maximum) => stopGradient(zero(fn(x, axes, true), 0));
  const [high, low] = [bound(tf.max, tf.maximum), bound(tf.min, tf.minimum)];
  const span = tf.div(tf.sub(high, low), 255);
  const scale = tf.where(tf.equal(span, 0), tf.onesLike(span), span);
  const zeroPoint = tf.clipByValue(tf.round(tf.neg(tf.div(low, scale))), 0, 255);
  return { numbers: roundedInto(tf.div(x, scale), BYTE, zeroPoint), scale, zeroPoint };
}

function dynamicQuantizeLinear(call: Call): Value[] {
  if (call.input(0).rank < 2) throw new ComputeError('UNSUPPORTED_OPERATION', 'it takes the bounds of all images together');
  const { numbers, scale, zeroPoint } = dynamicallyQuantized(call.input(0).plain);
  return [numbers, scale, zeroPoint].map(Value.plain);
}

/** Whole numbers less their zero point, which may be one that was computed. */
function centred(call: Call, index: number, zeroPoint: number, axis = 0): Value {
  const given = call.inputs[zeroPoint];
  if (!given || given.known) return numbersOf(call, index, zeroPoint, axis);
  const x = call.input(index);
  return Value.plain(tf.sub(tf.cast(x.plain, 'float32'), given.plain));
}

/** `A (B - zero point)` of floats that are rounded by their own bounds. */
function dynamicQuantizeMatMul(call: Call): Value {
  const a = call.input(0).plain;
  const { numbers, scale, zeroPoint } = dynamicallyQuantized(a);
  const b = numbersOf(call, 1, 3, -1).plain;
  const factors = tf.mul(scale, call.input(2).plain);
  const y = tf.mul(matMul(tf.sub(numbers, zeroPoint), b), factors);
  return Value.plain(call.has(4) ? tf.add(y, call.input(4).plain) : y);
}

/** `A, B, scale of A, scale of B, zero point of A, of B, bias`. */
function matMulIntegerToFloat(call: Call): Value {
  const product = matMul(centred(call, 0, 4).plain, numbersOf(call, 1, 5, -1).plain);
  const y = tf.mul(product, tf.mul(call.input(2).plain, call.input(3).plain));
  return Value.plain(call.has(6) ? tf.add(y, call.input(6).plain) : y);
}

function gemm(call: Call): Value {
  const y = run(matrices['Gemm']!, call, [
    dequantized(call, 0),
    dequantized(call, 3, call.attributes.flag('transB') ? 0 : 1),
    call.inputs[6],
  ]);
  return call.has(7) ? quantized(call, y, 7, rangeOf(call)) : y;
}

function concat(call: Call): Value {
  const count = (call.inputs.length - 2) / 3;
  const values = Array.from({ length: count }, (_, i) => dequantized(call, 2 + 3 * i));
  const asImages = values.some(({ isChannelsLast }) => isChannelsLast);
  const axis = call.attributes.number('axis');
  const at = asImages ? values.find(({ isChannelsLast }) => isChannelsLast)!.axis(axis) : axis;
  const y = tf.concat(
    values.map((value) => (asImages ? value.channelsLast : value.plain)),
    at,
  );
  return quantized(call, asImages ? Value.channelsLast(y) : Value.plain(y), 0, rangeOf(call));
}

const quantizeLinear: Operator = {
  ...straightThrough((call) => quantized(call, call.input(0), 1, rangeOf(call), call.attributes.number('axis', 1))),
  settings: [1, 2],
};
const dequantizeLinear: Operator = {
  settings: [1, 2],
  isConstant: ({ attributes }) => !attributes.has(KEEPS_NUMBERS),
  run: (call) => dequantized(call, 0, call.input(0).rank > 1 ? call.attributes.number('axis', 1) : 0),
};

export const quantization: OperatorTable = {
  ConvInteger: { run: (call) => run(convolutions['Conv']!, call, [centred(call, 0, 2), centred(call, 1, 3)]) },
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: straightThrough(dynamicQuantizeLinear),
  MatMulInteger: { run: (call) => run(matrices['MatMul']!, call, [centred(call, 0, 2), centred(call, 1, 3, -1)]) },
  QLinearConv: between(TWO, quantizedConvolution),
  QLinearMatMul: between(TWO, (call) => run(matrices['MatMul']!, call, [dequantized(call, 0), dequantized(call, 3, -1)])),
  QuantizeLinear: quantizeLinear,
};

/** With channels that come last, where an attribute says so. */
function quantizedConvolution(call: Call): Value {
  const x = dequantized(call, 0);
  const isTurned = call.attributes.flag('channels_last');
  const { numbers, scale } = x.quantized!;
  const turned = isTurned ? Value.quantized(Value.channelsLast(numbers.plain as tf.Tensor4D), scale) : x;
  const y = run(convolutions['Conv']!, call, [turned, dequantized(call, 3), call.inputs[8]]);
  if (!isTurned) return y;
  return Value.quantized(Value.plain(y.quantized!.numbers.channelsLast), { ...y.quantized!.scale, axis: 3 });
}

/** Of onnxruntime's own domain. */
export const QUANTIZED_MICROSOFT: OperatorTable = {
  'com.microsoft.QLinearConv': between(TWO, quantizedConvolution),
  'com.microsoft.DequantizeLinear': dequantizeLinear,
  'com.microsoft.DynamicQuantizeMatMul': { ...straightThrough(dynamicQuantizeMatMul), settings: [2, 3] },
  'com.microsoft.MatMulIntegerToFloat': { run: matMulIntegerToFloat, settings: [3, 5] },
  'com.microsoft.QGemm': { ...straightThrough(gemm), settings: [1, 2, 4, 5, 7, 8] },
  'com.microsoft.QLinearAdd': between(TWO, twoPlain(tf.add)),
  'com.microsoft.QLinearAveragePool': between(ONE, (call) => run(poolings['AveragePool']!, call, [dequantized(call, 0)])),
  'com.microsoft.QLinearConcat': straightThrough(concat),
  'com.microsoft.QLinearGlobalAveragePool': between(ONE, (call) => run(poolings['GlobalAveragePool']!, call, [dequantized(call, 0)])),
  'com.microsoft.QLinearLeakyRelu': between(
    ONE,
    onePlain((x, { attributes }) => tf.leakyRelu(x, attributes.number('alpha', 0.01))),
  ),
  'com.microsoft.QLinearMul': between(TWO, twoPlain(tf.mul)),
  'com.microsoft.QLinearSigmoid': between(ONE, onePlain(tf.sigmoid)),
  'com.microsoft.QLinearSoftmax': between(
    ONE,
    onePlain((x) => tf.softmax(x)),
  ),
  'com.microsoft.QuantizeLinear': quantizeLinear,
};
