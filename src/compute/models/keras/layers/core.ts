/** Dense layers, those that move values, and those that only do something in training. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import type { Call } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { computes, type LayerTable, optional, sameShape, type Shape, sizeOfAxis, weight } from '../layer.js';
import { count } from '../settings.js';
import { activationOf, fusedActivation } from './activations.js';

/** `[..., k] × [k, n]`, with what TensorFlow.js computes along. */
export function product(
  x: tf.Tensor,
  kernel: tf.Tensor,
  bias?: tf.Tensor,
  activation?: Parameters<typeof tf.fused.matMul>[0]['activation'],
): tf.Tensor {
  if (x.rank === 2) return tf.fused.matMul({ a: x, b: kernel, bias, activation });
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.reshape(tf.fused.matMul({ a: rows, b: kernel, bias, activation }), [...x.shape.slice(0, -1), kernel.shape[1]!]);
}

/** `[channels]` added along an axis, the last unless told otherwise. */
export function addBias(x: tf.Tensor, bias: tf.Tensor | undefined, axis = x.rank - 1): tf.Tensor {
  if (!bias) return x;
  if (x.rank < 3) return tf.add(x, bias);
  return tf.add(
    x,
    tf.reshape(
      bias,
      x.shape.map((_, i) => (i === axis ? bias.size : 1)),
    ),
  );
}

function dense(call: Call): tf.Tensor {
  const [x, kernel, bias] = [call.input(0).plain, call.input(1).plain, optional(call, 2)];
  const fused = fusedActivation(call.attributes);
  if (fused) return product(x, kernel, bias, fused);
  return activationOf(call.attributes)(addBias(product(x, kernel), bias));
}

/** Sizes of the target with the one that is left open. @throws ComputeError INVALID_MODEL where the sizes differ. */
function reshaped(settings: Attributes, input: Shape): Shape {
  const target = settings.numbers('target_shape').map((size) => (size < 0 ? null : size));
  if (input.slice(1).includes(null)) return [input[0]!, ...target];
  const size = sizeOf(input.slice(1) as number[]);
  const known = sizeOf(target.filter((each) => each !== null));
  const open = target.filter((each) => each === null).length;
  if (open > 1 || (open === 1 ? size % known !== 0 : size !== known)) {
    throw new ComputeError(
      'INVALID_MODEL',
      `[${input.slice(1).join(', ')}] cannot become [${target.map((each) => each ?? -1).join(', ')}]`,
    );
  }
  return [input[0]!, ...target.map((each) => each ?? size / known)];
}

function permuted(settings: Attributes): number[] {
  const dims = [...settings.numbers('dims')];
  if (dims.toSorted((a, b) => a - b).every((dim, i) => dim === i + 1)) return [0, ...dims];
  throw new ComputeError('INVALID_MODEL', `dims [${dims.join(', ')}] should be the numbers from 1 up in any order`);
}

/** The share that is dropped, in [0, 1]. */
export function dropoutRate(settings: Attributes): number {
  return Math.max(0, Math.min(1, settings.number('rate')));
}

const identity = computes((call) => call.input(0).plain);

/** `given` for steps that have a value other than `value`, and 0 for the rest. Unlike tf.any and tf.notEqual, what it is made of has a gradient. */
function whereGiven(x: tf.Tensor, value: number, given: tf.Tensor): tf.Tensor {
  const distance = tf.max(tf.abs(tf.sub(x, value)), -1, given.rank === x.rank);
  return tf.where(tf.broadcastTo(tf.greaterEqual(0, distance), given.shape), tf.zerosLike(given), given);
}

export const coreLayers: LayerTable = {
  ActivityRegularization: { ...sameShape, ...identity, mask: 'PASSED' },
  Dense: {
    rank: [2, Infinity],
    mask: 'PASSED',
    weights(settings, input) {
      const units = count(settings, 'units');
      return [weight('kernel', [sizeOfAxis(input, -1), units]), settings.flag('use_bias', true) ? weight('bias', [units]) : undefined];
    },
    outputShape: (settings, [input]) => [...input!.slice(0, -1), count(settings, 'units')],
    ...computes(dense),
  },
  /** Its mask is given from outside: whoever trains draws it from a seed. Passes of fewer images use the first rows. */
  Dropout: {
    ...sameShape,
    mask: 'PASSED',
    randomInTraining: (settings) => (settings.has('noise_shape') ? 'Dropout with a noise shape' : undefined),
    ...computes((call) => {
      const x = call.input(0).plain;
      if (!call.environment.training) return x;
      const mask = call.environment.mask(call.node.name);
      return tf.mul(x, mask.shape[0] === x.shape[0] ? mask : tf.slice(mask, [0], [x.shape[0]!]));
    }),
  },
  Embedding: {
    gradient: 'ZERO',
    mask: 'MADE',
    makesMask: (settings) => settings.flag('mask_zero'),
    weights: (settings) => [weight('embeddings', [count(settings, 'input_dim'), count(settings, 'output_dim')])],
    outputShape: (settings, [input]) => [...input!, count(settings, 'output_dim')],
    run(call) {
      const [x, embeddings] = [call.input(0).plain, call.input(1).plain];
      const rows = tf.gather(embeddings, tf.reshape(tf.cast(x, 'int32'), [x.size]));
      const y = Value.plain(tf.reshape(rows, [...x.shape, embeddings.shape[1]!]));
      return call.attributes.flag('mask_zero') ? [y, Value.plain(tf.notEqual(x, 0))] : y;
    },
  },
  Flatten: {
    rank: [2, Infinity],
    outputShape: (_, [input]) => [input![0]!, sizeOf(input!.slice(1).map((_, i) => sizeOfAxis(input!, i + 1)))],
    ...computes((call) => {
      const x = call.input(0).plain;
      const first = ['channels_first', 'channelsFirst'].includes(call.attributes.string('data_format', ''));
      const y = first ? tf.transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]) : x;
      return tf.reshape(y, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
    }),
  },
  Identity: { ...sameShape, ...identity, mask: 'PASSED' },
  Masking: {
    ...sameShape,
    mask: 'MADE',
    run(call) {
      const [x, value] = [call.input(0).plain, call.attributes.number('mask_value', 0)];
      return [Value.plain(whereGiven(x, value, x)), Value.plain(whereGiven(x, value, tf.ones(x.shape.slice(0, -1))))];
    },
  },
  Permute: {
    outputShape(settings, [input]) {
      const dims = permuted(settings);
      if (dims.length !== input!.length) throw new ComputeError('INVALID_MODEL', `dims do not fit [${input!.slice(1).join(', ')}]`);
      return dims.map((dim) => input![dim]!);
    },
    ...computes((call) => tf.transpose(call.input(0).plain, permuted(call.attributes))),
  },
  RepeatVector: {
    rank: 2,
    outputShape: (settings, [input]) => [input![0]!, count(settings, 'n'), input![1]!],
    ...computes((call) => {
      const x = call.input(0).plain;
      return tf.tile(tf.reshape(x, [x.shape[0]!, 1, x.shape[1]!]), [1, count(call.attributes, 'n'), 1]);
    }),
  },
  Reshape: {
    outputShape: (settings, [input]) => reshaped(settings, input!),
    ...computes((call) => tf.reshape(call.input(0).plain, reshaped(call.attributes, call.input(0).shape) as number[])),
  },
};
