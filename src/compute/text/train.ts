/** Training of a classifier of texts, plainly or on perturbed embeddings, and its predictions. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { stopGradient } from '../models/index.js';
import { randomStream } from '../random.js';
import type { HostTensor, HostTensors, Tensors } from '../tensors/index.js';
import { adam, drawn, ExampleOrder, filled, klDivergence, normal } from '../training/index.js';
import { embedded, maskOf, type TextNetwork, textLogits, textWeights } from './lstm.js';
import { adversarial, random, virtualAdversarial } from './perturbations.js';

/** Texts as numbers of words, `length` each. */
export interface Texts {
  readonly numbers: readonly Int32Array[];
  readonly labels: Int32Array;
}

/** Of the embeddings. VIRTUAL and RANDOM keep predictions equal, and take texts without labels too. */
export type Perturbation = 'NONE' | 'ADVERSARIAL' | 'VIRTUAL' | 'RANDOM';

export interface TextTraining {
  readonly engine: Engine;
  readonly network: TextNetwork;
  /** Share of each word among all, `[words]`: {@link Vocabulary.frequencies}. */
  readonly frequencies: Float32Array;
  readonly labelled: Texts;
  readonly unlabelled: readonly Int32Array[];
  readonly perturbation: Perturbation;
  /** L2 length of the perturbation of a text. The paper takes 5. */
  readonly epsilon: number;
  /** Length of the change by which the power iteration differentiates. */
  readonly xi: number;
  readonly steps: number;
  /** Labelled texts of a step, and as many of {@link unlabelled} beside them where the perturbation takes these. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Share of the numbers of embeddings that are dropped in training. The paper drops half. */
  readonly dropout: number;
  readonly seed: number;
  /** Called with the loss of a step, counted from 0. */
  readonly onStep?: (step: number, loss: number) => void;
}

const optimizer = adam();
/** Of the gradient of all weights together, as in the paper. */
const LONGEST_GRADIENT = 1;

/** Weights after the last step. @throws ComputeError TRAINING_DIVERGED */
export async function trainText(options: TextTraining): Promise<HostTensors> {
  const { engine, labelled, unlabelled, steps, batchSize, seed, learningRate } = options;
  const weights = textWeights(options.network, seed);
  const program = await engine.program(textProgram(options, weights));
  const own = new ExampleOrder(seed, 'text.order', labelled.numbers.length, { count: batchSize });
  const others = takesUnlabelled(options)
    ? new ExampleOrder(seed, 'text.order.unlabelled', unlabelled.length, { count: batchSize })
    : undefined;
  try {
    for (let step = 0; step < steps; step++) {
      const places = own.at(step);
      const rows = [...Array.from(places, (i) => labelled.numbers[i]!), ...Array.from(others?.at(step) ?? [], (i) => unlabelled[i]!)];
      const outputs = await program.step({
        numbers: stacked(rows),
        labels: { dtype: 'int32', shape: [batchSize], data: Int32Array.from(places, (i) => labelled.labels[i]!) },
        ...drawnInputs(options, rows.length, step),
        rate: filled([], Float32Array.of(optimizer.rates(learningRate, step)['stepSize']!)),
      });
      const loss = outputs['loss']!.data[0]!;
      if (!Number.isFinite(loss)) {
        throw new ComputeError('TRAINING_DIVERGED', `The loss is ${loss} at step ${step}: training diverged. Lower the learning rate.`);
      }
      options.onStep?.(step, loss);
    }
    const state = await program.readState();
    return Object.fromEntries(Object.keys(weights).map((name) => [name, state[name]!]));
  } finally {
    await program.dispose();
  }
}

/** Logits `[n, classes]` of texts. */
export async function predictText(
  engine: Engine,
  network: TextNetwork,
  frequencies: Float32Array,
  weights: HostTensors,
  texts: readonly Int32Array[],
): Promise<HostTensor> {
  const shared = { ...weights, frequencies: filled([network.words], frequencies) };
  const compiled = await engine.batched({
    name: 'text.predict',
    fingerprint: JSON.stringify(network),
    fewExamples: 64,
    inputs: {
      numbers: { dtype: 'int32', shape: [network.length] },
      ...Object.fromEntries(Object.entries(shared).map(([name, { dtype, shape }]) => [name, { dtype, shape, shared: true }])),
    },
    fn: ({ numbers, frequencies: shares, ...tensors }) => ({
      logits: textLogits(tensors, embedded(tensors, shares!, numbers!), maskOf(numbers!)),
    }),
  });
  return (await compiled.run({ numbers: stacked(texts), ...shared }))['logits']!;
}

const takesUnlabelled = ({ perturbation, unlabelled }: TextTraining) =>
  (perturbation === 'VIRTUAL' || perturbation === 'RANDOM') && unlabelled.length > 0;

function stacked(rows: readonly Int32Array[]): HostTensor {
  const length = rows[0]!.length;
  const data = new Int32Array(rows.length * length);
  for (const [i, row] of rows.entries()) data.set(row, i * length);
  return { dtype: 'int32', shape: [rows.length, length], data };
}

/** What a step takes that is random. */
function drawnInputs({ network, dropout, seed }: TextTraining, rows: number, step: number): HostTensors {
  const shape = [rows, network.length, network.embedding];
  const stream = randomStream(seed, 'text.dropout', step);
  return {
    kept: drawn(shape, () => (stream.uniform() < dropout ? 0 : 1 / (1 - dropout))),
    direction: normal(randomStream(seed, 'text.direction', step), shape),
  };
}

function textProgram(options: TextTraining, weights: HostTensors) {
  const { network, batchSize, perturbation, epsilon, xi, frequencies } = options;
  const rows = takesUnlabelled(options) ? 2 * batchSize : batchSize;
  const shape = [rows, network.length, network.embedding];
  const names = Object.keys(weights);
  const zeros = ({ shape, data }: HostTensor) => filled(shape, new Float32Array(data.length));
  const slots = optimizer.slots.flatMap((slot) => names.map((name) => [`${slot}:${name}`, zeros(weights[name]!)] as const));
  return {
    name: `text.train.${perturbation}`,
    fingerprint: JSON.stringify([network, batchSize, rows, epsilon, xi]),
    state: { ...weights, ...Object.fromEntries(slots), frequencies: filled([network.words], frequencies) },
    inputs: {
      numbers: { dtype: 'int32', shape: [rows, network.length] },
      labels: { dtype: 'int32', shape: [batchSize] },
      kept: { dtype: 'float32', shape },
      direction: { dtype: 'float32', shape },
      rate: { dtype: 'float32', shape: [] },
    },
    fn(state: Tensors, inputs: Tensors) {
      const current = Object.fromEntries(names.map((name) => [name, state[name]!]));
      const lossAt = lossOf(options, state['frequencies']!, inputs);
      const moved = lossAt.perturbation(current);
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
        lossAt.loss(Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), moved),
      )(names.map((name) => current[name]!));
      const next: Tensors = { ...state };
      const length = tf.sqrt(tf.addN(grads.map((gradient) => tf.sum(tf.square(gradient)))));
      const factor = tf.minimum(1, tf.div(LONGEST_GRADIENT, tf.add(length, 1e-12)));
      for (const [i, name] of names.entries()) {
        const own = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[`${slot}:${name}`]!]));
        const updated = optimizer.update(state[name]!, tf.mul(grads[i]!, factor), own, { stepSize: inputs['rate']! });
        next[name] = updated.weight;
        for (const slot of optimizer.slots) next[`${slot}:${name}`] = updated.slots[slot]!;
      }
      return { state: next, outputs: { loss: value } };
    },
  } as const;
}

/** What a step moves embeddings by, and its loss with them moved. */
function lossOf({ network, batchSize, perturbation, epsilon, xi }: TextTraining, frequencies: tf.Tensor, inputs: Tensors) {
  const { numbers, labels, kept, direction } = inputs as Record<string, tf.Tensor>;
  const mask = maskOf(numbers!);
  const oneHot = tf.cast(tf.oneHot(labels as tf.Tensor1D, network.classes), 'float32');
  const embed = (weights: Tensors) => tf.mul(embedded(weights, frequencies, numbers!), kept!);
  const logitsWith = (weights: Tensors) => (x: tf.Tensor) => textLogits(weights, x, mask);
  const crossEntropy = (logits: tf.Tensor2D) => tf.neg(tf.mean(tf.sum(tf.mul(oneHot, tf.logSoftmax(logits)), 1))) as tf.Scalar;
  const labelledRows = (logits: tf.Tensor2D) => tf.slice(logits, [0, 0], [batchSize, network.classes]) as tf.Tensor2D;
  return {
    perturbation(weights: Tensors): tf.Tensor | undefined {
      const towards = tf.mul(direction!, mask);
      if (perturbation === 'ADVERSARIAL') return adversarial(logitsWith(weights), embed(weights), oneHot, epsilon);
      if (perturbation === 'VIRTUAL') return virtualAdversarial(logitsWith(weights), embed(weights), towards, epsilon, xi);
      return perturbation === 'RANDOM' ? random(towards, epsilon) : undefined;
    },
    loss(weights: Tensors, moved: tf.Tensor | undefined): tf.Scalar {
      const [x, logits] = [embed(weights), logitsWith(weights)];
      const here = logits(x);
      const supervised = crossEntropy(labelledRows(here));
      if (!moved) return supervised;
      const there = logits(tf.add(x, moved));
      const added = perturbation === 'ADVERSARIAL' ? crossEntropy(there) : tf.mean(klDivergence(stopGradient(here) as tf.Tensor2D, there));
      return tf.add(supervised, added);
    },
  };
}
