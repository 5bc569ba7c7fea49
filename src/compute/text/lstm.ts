/**
 * A classifier of texts: normalised embeddings of words, an LSTM (Hochreiter & Schmidhuber 1997) unrolled over the words, a hidden layer, and logits (Miyato, Dai &
 * Goodfellow 2017, arXiv 1605.07725, figure 1).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { filled, normal } from '../training/index.js';
import { randomStream } from '../random.js';
import type { HostTensors, Tensors } from '../tensors/index.js';

export interface TextNetwork {
  /** Words of the vocabulary. */
  readonly words: number;
  /** Words of a text. */
  readonly length: number;
  /** D: numbers of an embedding. */
  readonly embedding: number;
  /** Units of the LSTM. */
  readonly units: number;
  readonly classes: number;
}

/** Units between the LSTM and the logits, as in the paper. */
const HIDDEN = 30;

/** First weights: N(0, 1) for embeddings, variance 1 / inputs for the rest, and a bias of 1 for the gates that forget. */
export function textWeights({ words, embedding, units, classes }: TextNetwork, seed: number): HostTensors {
  const drawn = (name: string, inputs: number, outputs: number, sigma = 1 / Math.sqrt(inputs)) =>
    normal(randomStream(seed, `text.${name}`, 0), [inputs, outputs], sigma);
  const zeros = (size: number) => filled([size], new Float32Array(size));
  return {
    embedding: drawn('embedding', words, embedding, 1),
    input: drawn('input', embedding, 4 * units),
    recurrent: drawn('recurrent', units, 4 * units),
    gates: filled(
      [4 * units],
      Float32Array.from({ length: 4 * units }, (_, i) => (i >= units && i < 2 * units ? 1 : 0)),
    ),
    hidden: drawn('hidden', units, HIDDEN),
    hiddenBias: zeros(HIDDEN),
    output: drawn('output', HIDDEN, classes),
    outputBias: zeros(classes),
  };
}

/**
 * Embeddings of mean 0 and variance 1 over the words as often as they occur, without which a network makes them large and perturbations meaningless (the paper's
 * section 3). @param embedding `[words, D]`. @param frequencies `[words]`, which sum to 1.
 */
export function normalised(embedding: tf.Tensor, frequencies: tf.Tensor): tf.Tensor {
  const share = tf.reshape(frequencies, [-1, 1]);
  const mean = tf.sum(tf.mul(share, embedding), 0, true);
  const centred = tf.sub(embedding, mean);
  return tf.div(centred, tf.sqrt(tf.add(tf.sum(tf.mul(share, tf.square(centred)), 0, true), 1e-6)));
}

/** Embeddings of texts, `[n, length, D]`, zeros where nothing is. @param numbers `[n, length]`, int32. */
export function embedded(weights: Tensors, frequencies: tf.Tensor, numbers: tf.Tensor): tf.Tensor {
  const rows = tf.gather(normalised(weights['embedding']!, frequencies), tf.reshape(numbers, [-1]) as tf.Tensor1D);
  const [n, length] = numbers.shape as [number, number];
  return tf.mul(tf.reshape(rows, [n, length, -1]), maskOf(numbers));
}

/** `[n, length, 1]`: 1 where a word is. @param numbers `[n, length]`, int32. */
export function maskOf(numbers: tf.Tensor): tf.Tensor {
  return tf.expandDims(tf.minimum(tf.cast(numbers, 'float32'), 1), 2);
}

/** Logits `[n, classes]` of embeddings `[n, length, D]`. @param mask of {@link maskOf}: the state stays zero until the first word. */
export function textLogits(weights: Tensors, x: tf.Tensor, mask: tf.Tensor): tf.Tensor2D {
  const [n, length, size] = x.shape as [number, number, number];
  const units = weights['recurrent']!.shape[0]!;
  const projected = tf.add(tf.matMul(tf.reshape(x, [n * length, size]), weights['input'] as tf.Tensor2D), weights['gates']!);
  const steps = tf.unstack(tf.reshape(projected, [n, length, 4 * units]), 1);
  const masks = tf.unstack(mask, 1);
  let [cell, output]: tf.Tensor[] = [];
  for (const [t, step] of steps.entries()) {
    const sum: tf.Tensor = output ? tf.add(step, tf.matMul(output as tf.Tensor2D, weights['recurrent'] as tf.Tensor2D)) : step;
    const gates = tf.sigmoid(tf.slice(sum, [0, 0], [n, 3 * units]));
    const [enter, keep, leave] = tf.split(gates, 3, 1);
    const entering = tf.mul(enter!, tf.tanh(tf.slice(sum, [0, 3 * units], [n, units])));
    cell = tf.mul(masks[t]!, cell ? tf.add(tf.mul(keep!, cell), entering) : entering);
    output = tf.mul(leave!, tf.tanh(cell));
  }
  const hidden = tf.relu(tf.add(tf.matMul(output as tf.Tensor2D, weights['hidden'] as tf.Tensor2D), weights['hiddenBias']!));
  return tf.add(tf.matMul(hidden as tf.Tensor2D, weights['output'] as tf.Tensor2D), weights['outputBias']!) as tf.Tensor2D;
}
