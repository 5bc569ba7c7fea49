/** Attention as one operator: that of the standard from operator set 23 on, and those that onnxruntime's optimiser writes. Vaswani et al. 2017 (arXiv 1706.03762). @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { matMul } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';

interface Heads {
  /** `[batch, heads, positions, size]`. */
  readonly query: tf.Tensor;
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

interface Rules {
  readonly scale?: number;
  /** Bound of the scores, by a tanh; 0: none. */
  readonly softcap?: number;
  /** Added to the scores, or where they count. */
  readonly mask?: tf.Tensor;
  /** Whether a position sees none that follow it. */
  readonly isCausal?: boolean;
}

/** `[batch, positions, heads * size]` as `[batch, heads, positions, size]`. */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, positions, width] = x.shape as [number, number, number];
  if (!(heads > 0) || width % heads !== 0) throw new ComputeError('INVALID_MODEL', `${width} values are not those of ${heads} heads`);
  return tf.transpose(tf.reshape(x, [batch, positions, heads, width / heads]), [0, 2, 1, 3]);
}

function joinHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, positions, size] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, positions, heads * size]);
}

/** Groups of heads of the query share one of the key and the value. */
function repeated(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, own, positions, size] = x.shape as [number, number, number, number];
  if (own === heads) return x;
  if (heads % own !== 0) throw new ComputeError('INVALID_MODEL', `${heads} heads cannot share ${own}`);
  const spread = tf.tile(tf.expandDims(x, 2), [1, 1, heads / own, 1, 1]);
  return tf.reshape(spread, [batch, heads, positions, size]);
}

function attend({ query, key, value }: Heads, { scale, softcap = 0, mask, isCausal = false }: Rules): tf.Tensor {
  const heads = query.shape[1]!;
  const products = matMul(query, tf.transpose(repeated(key, heads), [0, 1, 3, 2]));
  const scaled = tf.mul(products, scale ?? 1 / Math.sqrt(query.shape[3]!));
  const capped = softcap > 0 ? tf.mul(tf.tanh(tf.div(scaled, softcap)), softcap) : scaled;
  const masks = [...(mask ? [mask] : []), ...(isCausal ? [causal(query.shape[2]!, key.shape[2]!)] : [])];
  const masked = masks.reduce((scores, one) => (one.dtype === 'bool' ? chosen(scores, one) : tf.add(scores, one)), capped);
  return matMul(tf.softmax(masked), repeated(value, heads));
}

const chosen = (scores: tf.Tensor, mask: tf.Tensor) =>
  tf.where(tf.broadcastTo(mask, scores.shape), scores, tf.fill(scores.shape, -Infinity));

function causal(rows: number, columns: number): tf.Tensor {
  const seen = Array.from({ length: rows * columns }, (_, i) => Number(i % columns <= Math.floor(i / columns)));
  return tf.tensor2d(seen, [rows, columns], 'bool');
}

/** @param inputs that are supported. @throws ComputeError UNSUPPORTED_OPERATION for others, and outputs, which are of texts that are generated piece by piece. */
function refuseOthers({ node, inputs: given }: Call, inputs: readonly number[]): void {
  const others = node.inputs.filter((_, i) => given[i] !== undefined && !inputs.includes(i));
  const read = [...others, ...node.outputs.slice(1)].find((name) => name !== '');
  if (read !== undefined) throw new ComputeError('UNSUPPORTED_OPERATION', `its input or output ${read} is not supported`);
}

/** Of the standard. Values of three axes have their heads one after the other in the last. */
function attention(call: Call): Value {
  refuseOthers(call, [0, 1, 2, 3]);
  const { attributes } = call;
  const isJoined = call.input(0).rank === 3;
  const headsOf = (index: number, name: string) => {
    const x = call.input(index).plain;
    return isJoined ? splitHeads(x, attributes.number(name)) : x;
  };
  const heads = { query: headsOf(0, 'q_num_heads'), key: headsOf(1, 'kv_num_heads'), value: headsOf(2, 'kv_num_heads') };
  const y = attend(heads, {
    scale: attributes.has('scale') ? attributes.number('scale') : undefined,
    softcap: attributes.number('softcap', 0),
    mask: call.has(3) ? call.input(3).plain : undefined,
    isCausal: attributes.flag('is_causal'),
  });
  return Value.plain(isJoined ? joinHeads(y) : y);
}

const microsoftScale = ({ attributes }: Call) => attributes.number('scale', 0) || undefined;

/** Query, key and value by one product of the input. */
function packedAttention(call: Call): Value {
  refuseOthers(call, [0, 1, 2]);
  const { attributes } = call;
  const product = matMul(call.input(0).plain, call.input(1).plain);
  const all = call.has(2) ? tf.add(product, call.input(2).plain) : product;
  const count = attributes.number('num_heads');
  const sizes = attributes.has('qkv_hidden_sizes') ? attributes.numbers('qkv_hidden_sizes') : 3;
  const [query, key, value] = tf.split(all, sizes as number[], 2).map((x) => splitHeads(x, count)) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const rules = { scale: microsoftScale(call), isCausal: attributes.flag('unidirectional') };
  return Value.plain(joinHeads(attend({ query, key, value }, rules)));
}

/** The three apart, with one bias for all of them. */
function multiHeadAttention(call: Call): Value {
  refuseOthers(call, [0, 1, 2, 3, 5]);
  const { attributes } = call;
  if (!call.has(1) || !call.has(2)) throw new ComputeError('UNSUPPORTED_OPERATION', 'packed queries, keys and values are not supported');
  const count = attributes.number('num_heads');
  const inputs = [0, 1, 2].map((index) => call.input(index).plain);
  const biases = call.has(3)
    ? tf.split(
        call.input(3).plain,
        inputs.map(({ shape }) => shape.at(-1)!),
      )
    : undefined;
  const [query, key, value] = inputs.map((x, i) => splitHeads(biases ? tf.add(x, biases[i]!) : x, count)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const rules = { scale: microsoftScale(call), isCausal: attributes.flag('unidirectional'), mask: call.inputs[5]?.plain };
  return Value.plain(joinHeads(attend({ query, key, value }, rules)));
}

export const attentions: OperatorTable = {
  Attention: { run: attention },
  'com.microsoft.Attention': { run: packedAttention },
  'com.microsoft.MultiHeadAttention': { run: multiHeadAttention },
};
