/** Operators of the domain `com.microsoft` that onnxruntime's optimiser writes: standard ones with others joined to them. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { matMul } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { convolutions } from './convolutions.js';
import { gelu, hardSigmoid } from './elementwise.js';
import { matrices } from './matrices.js';
import { normalizations } from './normalizations.js';
import { QUANTIZED_MICROSOFT } from './quantization.js';

/** Of an activation's parameters, in order. */
const ACTIVATIONS: Readonly<Record<string, (x: tf.Tensor, a: number, b: number) => tf.Tensor>> = {
  Clip: (x, low, high) => tf.minimum(tf.maximum(x, low), high),
  HardSigmoid: (x, alpha, beta) => hardSigmoid(x, alpha, beta),
  HardSwish: (x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5)),
  LeakyRelu: (x, alpha) => tf.leakyRelu(x, alpha),
  Relu: (x) => tf.relu(x),
  Sigmoid: (x) => tf.sigmoid(x),
  Tanh: (x) => tf.tanh(x),
};

/** The activation that a node names, applied to its result. */
function activated({ attributes }: Call, y: Value): Value {
  const name = attributes.string('activation', '');
  if (name === '') return y;
  const activation = ACTIVATIONS[name];
  if (!activation) throw new ComputeError('UNSUPPORTED_OPERATION', `the activation ${name} is not supported`);
  const named = [attributes.number('activation_alpha', 0), attributes.number('activation_beta', 0)];
  const [a = 0, b = 0] = attributes.has('activation_params') ? attributes.numbers('activation_params') : named;
  return y.like(activation(y.tensor, a, b));
}

const run = (operator: Operator, call: Call, inputs = call.inputs) => operator.run(call.with(inputs)) as Value;

/** A convolution, to which another value may be added before the activation. */
export function fusedConvolution(call: Call, inputs = call.inputs.slice(0, 3)): Value {
  const y = run(convolutions['Conv']!, call, inputs);
  const sum = call.has(3) ? Value.channelsLast(tf.add(y.channelsLast, call.input(3).channelsLast)) : y;
  return activated(call, sum);
}

function fusedMatMul(call: Call): Value {
  const { attributes } = call;
  const turned = (value: Value, name: string) => {
    const x = value.plain;
    const order = x.shape.map((_, i) => i);
    return attributes.flag(name) ? tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2]) : x;
  };
  if (attributes.flag('transBatchA') || attributes.flag('transBatchB')) {
    throw new ComputeError('UNSUPPORTED_OPERATION', 'batches that are transposed are not supported');
  }
  const y = matMul(turned(call.input(0), 'transA'), turned(call.input(1), 'transB'));
  return Value.plain(tf.mul(y, attributes.number('alpha', 1)));
}

const unary = (fn: (x: tf.Tensor, call: Call) => tf.Tensor): Operator => ({
  run(call) {
    const x = call.input(0);
    // Some have a bias.
    const biased = call.has(1) ? Value.plain(tf.add(x.plain, call.input(1).plain)) : x;
    return biased.like(fn(biased.tensor, call));
  },
});

/** `LayerNormalization(x + skip + bias)`. */
function skipLayerNormalization(call: Call): Value {
  const sum = tf.add(call.input(0).plain, call.input(1).plain);
  const x = Value.plain(call.has(4) ? tf.add(sum, call.input(4).plain) : sum);
  const [y] = normalizations['LayerNormalization']!.run(call.with([x, call.inputs[2], call.inputs[3]])) as Value[];
  return y!;
}

export const microsoft: OperatorTable = {
  ...QUANTIZED_MICROSOFT,
  'com.microsoft.BiasGelu': unary((x) => gelu(x, 'none')),
  'com.microsoft.FastGelu': unary((x) => gelu(x, 'tanh')),
  'com.microsoft.FusedConv': { run: (call) => fusedConvolution(call) },
  'com.microsoft.FusedGemm': { run: (call) => activated(call, run(matrices['Gemm']!, call)) },
  'com.microsoft.FusedMatMul': { run: fusedMatMul },
  'com.microsoft.Gelu': unary((x) => gelu(x, 'none')),
  'com.microsoft.QuickGelu': unary((x, { attributes }) => tf.mul(x, tf.sigmoid(tf.mul(x, attributes.number('alpha', 1.702))))),
  'com.microsoft.SkipLayerNormalization': { run: skipLayerNormalization },
};
