/** Activations, and the layers that are one. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { normalAxis } from '../../dataflow/value.js';
import { HARD_SIGMOID_3 } from '../added-settings.js';
import { computes, type KerasLayer, type LayerTable, optional, sameShape, sizeOfAxis, weight } from '../layer.js';
import { snakeCase } from '../settings.js';

type Activation = (x: tf.Tensor) => tf.Tensor;

const hardSigmoid3: Activation = (x) => tf.div(tf.minimum(6, tf.relu(tf.add(x, 3))), 6);

function elu(x: tf.Tensor, alpha: number): tf.Tensor {
  return tf.add(tf.relu(x), tf.mul(alpha, tf.sub(tf.exp(tf.minimum(x, 0)), 1)));
}

/** By their names in configurations. */
export const activations: Readonly<Record<string, Activation>> = {
  celu: (x) => elu(x, 1),
  elu: (x) => tf.elu(x),
  exponential: (x) => tf.exp(x),
  gelu: (x) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.div(x, Math.sqrt(2)))))),
  gelu_new: (x) => tf.mul(0.5, tf.mul(x, tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))))),
  hard_shrink: (x) => tf.where(tf.greaterEqual(0.5, tf.abs(x)), tf.zerosLike(x), x),
  hard_sigmoid: (x) => tf.clipByValue(tf.add(0.5, tf.mul(0.2, x)), 0, 1),
  /** Of Keras 3. */
  [HARD_SIGMOID_3]: hardSigmoid3,
  hard_silu: (x) => tf.mul(x, hardSigmoid3(x)),
  hard_swish: (x) => tf.mul(x, hardSigmoid3(x)),
  hard_tanh: (x) => tf.clipByValue(x, -1, 1),
  leaky_relu: (x) => tf.leakyRelu(x, 0.2),
  linear: (x) => x,
  log_sigmoid: (x) => tf.neg(tf.softplus(tf.neg(x))),
  log_softmax: (x) => tf.logSoftmax(x),
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.minimum(6, tf.relu(x)),
  selu: (x) => tf.selu(x),
  sigmoid: (x) => tf.sigmoid(x),
  silu: (x) => tf.mul(tf.sigmoid(x), x),
  soft_shrink: (x) => tf.sub(tf.relu(tf.sub(x, 0.5)), tf.relu(tf.sub(tf.neg(x), 0.5))),
  softmax: (x) => tf.softmax(x),
  softplus: (x) => tf.softplus(x),
  softsign: (x) => tf.div(x, tf.add(tf.abs(x), 1)),
  sparse_plus: (x) => tf.add(tf.div(tf.square(tf.clipByValue(tf.add(x, 1), 0, 2)), 4), tf.relu(tf.sub(x, 1))),
  sparse_sigmoid: (x) => tf.clipByValue(tf.mul(0.5, tf.add(x, 1)), 0, 1),
  squareplus: (x) => tf.mul(0.5, tf.add(x, tf.sqrt(tf.add(tf.square(x), 4)))),
  swish: (x) => tf.mul(tf.sigmoid(tf.mul(x, 1)), x),
  tanh: (x) => tf.tanh(x),
  tanh_shrink: (x) => tf.sub(x, tf.tanh(x)),
};

export function isActivation(name: string): boolean {
  return Object.hasOwn(activations, snakeCase(name));
}

/** @throws ComputeError UNSUPPORTED_OPERATION for an activation that is not known. */
export function activationOf(settings: Attributes, name = 'activation', fallback = 'linear'): Activation {
  const given = settings.string(name, fallback);
  if (isActivation(given)) return activations[snakeCase(given)]!;
  throw new ComputeError('UNSUPPORTED_OPERATION', `there is no activation ${given}`);
}

/** Activations that TensorFlow.js computes with the convolution or product before them. */
const FUSED = ['relu', 'linear', 'elu'] as const;

/** The activation by the name that fused operations take, where they have it. */
export function fusedActivation(settings: Attributes): (typeof FUSED)[number] | undefined {
  return FUSED.find((name) => name === settings.string('activation', 'linear'));
}

const elementwise = (fn: (x: tf.Tensor, settings: Attributes) => tf.Tensor): KerasLayer => ({
  ...sameShape,
  ...computes((call) => fn(call.input(0).plain, call.attributes)),
});

export const activationLayers: LayerTable = {
  Activation: { ...elementwise((x, settings) => activationOf(settings)(x)), mask: 'PASSED' },
  ELU: {
    ...elementwise((x, settings) => {
      const alpha = settings.number('alpha', 1);
      return alpha === 1 ? tf.elu(x) : elu(x, alpha);
    }),
    mask: 'PASSED',
  },
  LeakyReLU: {
    // Keras 3 has another name for the slope.
    ...elementwise((x, settings) => tf.leakyRelu(x, settings.number('alpha', settings.number('negative_slope', 0.3)))),
    mask: 'PASSED',
  },
  PReLU: {
    ...sameShape,
    mask: 'PASSED',
    weights(settings, input) {
      const shared = settings.values['shared_axes'];
      const axes = typeof shared === 'number' ? [shared] : settings.numbers('shared_axes', []);
      return [
        weight(
          'alpha',
          input.slice(1).map((_, i) => (axes.includes(i + 1) ? 1 : sizeOfAxis(input, i + 1))),
        ),
      ];
    },
    ...computes((call) => tf.prelu(call.input(0).plain, optional(call, 1)!)),
  },
  ReLU: {
    ...elementwise(rectified),
    mask: 'PASSED',
  },
  /** `relu(x) / (1 + β relu(x)²)` (Kurakin et al. 2016, appendix): its slope falls where units are far from zero. */
  ReluDecay: elementwise((x, settings) => {
    const positive = tf.relu(x);
    return tf.div(positive, tf.add(tf.mul(tf.square(positive), settings.number('beta', 0.1)), 1));
  }),
  Softmax: {
    needsMask: true,
    ...elementwise((x, settings) => {
      const given = settings.values['axis'] ?? -1;
      const axes = (typeof given === 'number' ? [given] : settings.numbers('axis')).map((axis) => normalAxis(axis, x.rank));
      return axes.length === 1 && axes[0] === x.rank - 1 ? tf.softmax(x) : tf.exp(tf.sub(x, tf.logSumExp(x, axes, true)));
    }),
  },
  ThresholdedReLU: {
    // The one comparison to which TensorFlow.js gives a gradient.
    ...elementwise((x, settings) => tf.where(tf.greaterEqual(settings.number('theta', 1), x), tf.zerosLike(x), x)),
    mask: 'PASSED',
  },
};

/** With a slope below the threshold, under which the output is 0 at no slope, and a largest value. */
function rectified(x: tf.Tensor, settings: Attributes): tf.Tensor {
  const [slope, threshold] = [settings.number('negative_slope', 0), settings.number('threshold', 0)];
  const positive = threshold === 0 ? tf.relu(x) : tf.where(tf.greaterEqual(threshold, x), tf.zerosLike(x), x);
  const capped = settings.has('max_value') ? tf.clipByValue(positive, 0, settings.number('max_value')) : positive;
  return slope === 0 ? capped : tf.sub(capped, tf.mul(slope, tf.relu(tf.sub(threshold, x))));
}
