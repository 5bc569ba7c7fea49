/** Attention: each step of a sequence becomes a mean of the steps of another, with weights that depend on both. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { matMul } from '../../dataflow/differentiable.js';
import type { Call } from '../../dataflow/operator.js';
import { computes, type KerasLayer, type LayerTable, optional, type Shape, sizeOfAxis, type Weight, weight } from '../layer.js';
import { choice, count } from '../settings.js';

/** Takes later steps out of a softmax, as Keras does in float32. */
const EXCLUDED = -1e9;

const CALL_SETTINGS = ['use_causal_mask'];

/** `[..., queries, keys]` without those keys that come after their query. */
function causal(scores: tf.Tensor): tf.Tensor {
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const excluded = Float32Array.from({ length: queries * keys }, (_, i) => (i % keys > Math.floor(i / keys) ? EXCLUDED : 0));
  return tf.add(scores, tf.tensor2d(excluded, [queries, keys]));
}

function weighted(call: Call, scores: tf.Tensor, value: tf.Tensor): tf.Tensor {
  return matMul(tf.softmax(call.attributes.flag('use_causal_mask') ? causal(scores) : scores), value);
}

const lastAxesSwapped = (x: tf.Tensor) => {
  const axes = x.shape.map((_, i) => i);
  return tf.transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
};

/** Of one product for each pair of steps (Luong et al. 2015, Bahdanau et al. 2015). Inputs: query, value and, where it is another, key. */
function pairwise(
  weightsOf: (settings: Attributes, query: Shape) => readonly (Weight | undefined)[],
  scoresOf: (call: Call, query: tf.Tensor, key: tf.Tensor) => tf.Tensor,
): KerasLayer {
  return {
    rank: 3,
    minimumInputs: 2,
    needsMask: true,
    callSettings: CALL_SETTINGS,
    weights: weightsOf,
    outputShape: (_, [query, value]) => [...query!.slice(0, -1), value!.at(-1)!],
    ...computes((call) => {
      const further = 1 + weightsOf(call.attributes, call.input(0).shape).length;
      const [query, value] = [call.input(0).plain, call.input(further).plain];
      return weighted(call, scoresOf(call, query, optional(call, further + 1) ?? value), value);
    }),
  };
}

const SCORE_MODES = ['dot', 'concat'];

/** The sum of all axes of steps: `[batch, queries, keys, channels]`. */
const everyPair = (query: tf.Tensor, key: tf.Tensor) => tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1));

const attention = pairwise(
  (settings) => [
    settings.flag('use_scale') ? weight('scale', []) : undefined,
    choice(settings, 'score_mode', SCORE_MODES) === 'concat' ? weight('concat_score_weight', []) : undefined,
  ],
  (call, query, key) => {
    const [scale, ofSum] = [optional(call, 1), optional(call, 2)];
    const scaled = (x: tf.Tensor) => (scale ? tf.mul(x, scale) : x);
    if (ofSum) return tf.mul(ofSum, tf.sum(tf.tanh(scaled(everyPair(query, key))), -1));
    return scaled(matMul(query, lastAxesSwapped(key)));
  },
);

const additive = pairwise(
  (settings, input) => [settings.flag('use_scale', true) ? weight('scale', [sizeOfAxis(input, -1)]) : undefined],
  (call, query, key) => {
    const [sums, scale] = [tf.tanh(everyPair(query, key)), optional(call, 1)];
    return tf.sum(scale ? tf.mul(sums, scale) : sums, -1);
  },
);

/** Places of the weights among a node's inputs: kernel and bias of each projection. */
const [QUERY, KEY, VALUE, OUTPUT, FURTHER_INPUTS] = [1, 3, 5, 7, 9];

interface Heads {
  readonly ofQuery: number;
  readonly ofKey: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** Vaswani et al. 2017; with fewer heads of keys than of queries, Ainslie et al. 2023. Inputs: query, value and, where it is another, key. */
function multiHead(headsOf: (settings: Attributes) => Heads): KerasLayer {
  const outputSizes = (settings: Attributes, query: Shape): readonly number[] => {
    const given = settings.values['output_shape'];
    if (given === undefined) return [sizeOfAxis(query, -1)];
    return typeof given === 'number' ? [given] : settings.numbers('output_shape');
  };
  return {
    rank: [3, Infinity],
    minimumInputs: 2,
    needsMask: true,
    argumentNames: ['query', 'value', 'key'],
    callSettings: CALL_SETTINGS,
    weights(settings, query, [, value, key = value]) {
      for (const name of ['use_gate', 'sliding_window']) {
        if (settings.values[name]) throw new ComputeError('UNSUPPORTED_OPERATION', `${name} is not supported`);
      }
      const { ofQuery, ofKey, keySize, valueSize } = headsOf(settings);
      const useBias = settings.flag('use_bias', true);
      const projection = (name: string, from: readonly number[], to: readonly number[]): (Weight | undefined)[] => [
        weight(`${name}/kernel`, [...from, ...to]),
        useBias ? weight(`${name}/bias`, to) : undefined,
      ];
      return [
        ...projection('query', [sizeOfAxis(query, -1)], [ofQuery, keySize]),
        ...projection('key', [sizeOfAxis(key!, -1)], [ofKey, keySize]),
        ...projection('value', [sizeOfAxis(value!, -1)], [ofKey, valueSize]),
        ...projection('attention_output', [ofQuery, valueSize], outputSizes(settings, query)),
      ];
    },
    outputShape: (settings, [query]) => [...query!.slice(0, -1), ...outputSizes(settings, query!)],
    ...computes((call) => attendWithHeads(call, headsOf(call.attributes))),
  };
}

function attendWithHeads(call: Call, { ofQuery, ofKey, keySize }: Heads): tf.Tensor {
  const query = call.input(0).plain;
  const value = call.input(FURTHER_INPUTS!).plain;
  const key = optional(call, FURTHER_INPUTS! + 1) ?? value;
  const layout = new Layout(call.attributes, query.shape);
  const heads = (x: tf.Tensor, at: number) => projected(layout.toSequence(x), call.input(at).plain, optional(call, at + 1));
  const q = tf.mul(heads(query, QUERY!), 1 / Math.sqrt(keySize));
  const repeated = (x: tf.Tensor) => repeatHeads(x, ofQuery / ofKey);
  const mean = weighted(call, matMul(q, lastAxesSwapped(repeated(heads(key, KEY!)))), repeated(heads(value, VALUE!)));
  const kernel = call.input(OUTPUT!).plain;
  const [inner, outer] = [sizeOf(kernel.shape.slice(0, 2)), kernel.shape.slice(2)];
  const joined = tf.reshape(tf.transpose(mean, [0, 2, 1, 3]), [mean.shape[0]!, mean.shape[2]!, inner]);
  const y = matMul(joined, tf.reshape(kernel, [inner, sizeOf(outer)]));
  const bias = optional(call, OUTPUT! + 1);
  return layout.fromSequence(bias ? tf.add(y, tf.reshape(bias, [-1])) : y, outer);
}

/** `[batch, heads, steps, size]` of `[batch, steps, channels]`. @param kernel `[channels, heads, size]`. */
function projected(x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const [channels, heads, size] = kernel.shape as [number, number, number];
  const y = matMul(x, tf.reshape(kernel, [channels, heads * size]));
  const moved = tf.add(y, bias ? tf.reshape(bias, [-1]) : 0);
  return tf.transpose(tf.reshape(moved, [x.shape[0]!, x.shape[1]!, heads, size]), [0, 2, 1, 3]);
}

function repeatHeads(x: tf.Tensor, times: number): tf.Tensor {
  if (times === 1) return x;
  const [batch, heads, steps, size] = x.shape as [number, number, number, number];
  const repeated = tf.tile(tf.reshape(x, [batch, heads, 1, steps * size]), [1, 1, times, 1]);
  return tf.reshape(repeated, [batch, heads * times, steps, size]);
}

/** Axes that are attended over as one axis of steps, the others as the batch. */
class Layout {
  private readonly batchAxes: readonly number[];
  private readonly stepAxes: readonly number[];

  constructor(
    settings: Attributes,
    private readonly shape: readonly number[],
  ) {
    const between = shape.slice(1, -1).map((_, i) => i + 1);
    const given = settings.values['attention_axes'];
    this.stepAxes = given === undefined ? between : typeof given === 'number' ? [given] : settings.numbers('attention_axes');
    this.batchAxes = [0, ...between.filter((axis) => !this.stepAxes.includes(axis))];
  }

  toSequence(x: tf.Tensor): tf.Tensor {
    const sizes = (axes: readonly number[]) => sizeOf(axes.map((axis) => x.shape[axis]!));
    const moved = tf.transpose(x, [...this.batchAxes, ...this.stepAxes, x.rank - 1]);
    return tf.reshape(moved, [sizes(this.batchAxes), sizes(this.stepAxes), x.shape.at(-1)!]);
  }

  /** @param sizes of what was the last axis. */
  fromSequence(y: tf.Tensor, sizes: readonly number[]): tf.Tensor {
    const order = [...this.batchAxes, ...this.stepAxes];
    const apart = tf.reshape(y, [...order.map((axis) => this.shape[axis]!), ...sizes]);
    const back = this.shape.slice(0, -1).map((_, axis) => order.indexOf(axis));
    return tf.transpose(apart, [...back, ...sizes.map((_, i) => order.length + i)]);
  }
}

const grouped = (settings: Attributes): Heads => ({
  ofQuery: count(settings, 'num_query_heads'),
  ofKey: count(settings, 'num_key_value_heads'),
  keySize: count(settings, 'head_dim'),
  valueSize: count(settings, 'head_dim'),
});

export const attentions: LayerTable = {
  AdditiveAttention: additive,
  Attention: attention,
  GroupQueryAttention: multiHead(grouped),
  GroupedQueryAttention: multiHead(grouped),
  MultiHeadAttention: multiHead((settings) => {
    const heads = count(settings, 'num_heads');
    const keySize = count(settings, 'key_dim');
    return { ofQuery: heads, ofKey: heads, keySize, valueSize: count(settings, 'value_dim', keySize) };
  }),
};
