/** What the importer makes of a network, against what its framework computes: scores, and gradients of the cross entropy. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { compileWithModel, isBlackBox, predict } from '../../src/compute/models/functions.js';
import { openModel } from '../../src/compute/models/open.js';
import { partialSpecSchema } from '../../src/compute/models/spec.js';
import {
  type AnyModel,
  DEFAULT_MODEL_LIMITS,
  type DifferentiableModel,
  type ModelAccess,
  type OutputKind,
} from '../../src/compute/models/types.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { type Network, numbersOf } from './networks.js';

/** Numbers of one network against its framework's. */
export interface Differences {
  /** Of the scores: the largest |Δ|, relative to the largest score. */
  readonly forward: number;
  /** Of the gradients: the largest |Δ| / |g| of an image, and the smallest cosine. Undefined where the framework has none, or the import. */
  readonly gradient?: number;
  readonly cosine?: number;
}

/** Of scores and gradients. Half precision has 11 bits. Quantised networks round values that lie between two levels either way, and each is a percent of the range. */
const TOLERANCES = {
  SINGLE: { forward: 1e-4, gradient: 1e-3, cosine: 0.999 },
  HALF: { forward: 1e-2, gradient: 0.1, cosine: 0.99 },
  QUANTISED: { forward: 5e-2, gradient: Infinity, cosine: 0.8 },
} as const;

/** @returns what is too far away, in words; undefined: nothing. */
export function tooFar({ precision }: Network, { forward, gradient = 0, cosine = 1 }: Differences): string | undefined {
  const most = TOLERANCES[precision];
  const far = [
    forward <= most.forward ? '' : `scores differ by ${forward.toPrecision(2)} of the largest`,
    gradient <= most.gradient ? '' : `gradients differ by ${gradient.toPrecision(2)} of their length`,
    cosine >= most.cosine ? '' : `gradients have a cosine of ${cosine.toPrecision(4)}`,
  ].filter(Boolean);
  return far.length > 0 ? far.join(', ') : undefined;
}

export async function differencesOf(network: Network, access: ModelAccess): Promise<Differences> {
  const engine = await createEngine({ engine: 'compiled:cpu', threads: 1, microBatch: Math.min(4, network.count) });
  const { folder, spec } = network;
  const files = { directory: join(folder, 'model'), spec: partialSpecSchema.parse(spec), access };
  const model = await openModel(files, { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY });
  try {
    const images = { dtype: 'float32', shape: [network.count, ...network.inputShape], data: await numbersOf(network, 'images') } as const;
    const reference = await numbersOf(network, 'scores');
    if (isBlackBox(model)) {
      const scores = await predict(engine, model, images);
      return { forward: forwardDifference(network, model, scores.data as Float32Array, reference) };
    }
    const { scores, gradient } = await withGradient(engine, model, network, images);
    return { forward: forwardDifference(network, model, scores, reference), ...(await gradientDifference(network, gradient)) };
  } finally {
    if (isBlackBox(model)) await model.close();
    await engine.dispose();
  }
}

interface Images {
  readonly dtype: 'float32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Scores, and the gradient of the cross entropy with the network's labels by the pixels. */
async function withGradient(engine: Engine, model: DifferentiableModel, { labels, classCount }: Network, images: Images) {
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape }, truth: { dtype: 'float32', shape: [classCount] } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    'test.exporters',
    inputs,
    (scoresOf, { images: x, truth }) => {
      const loss = (pixels: tf.Tensor) => {
        const scores = scoresOf(pixels as tf.Tensor4D);
        return tf.neg(tf.sum(tf.mul(truth!, model.output === 'LOGITS' ? tf.logSoftmax(scores) : tf.log(tf.maximum(scores, 1e-30)))));
      };
      return { scores: scoresOf(x as tf.Tensor4D), gradient: tf.grad(loss)(x!) };
    },
    labels.length,
  );
  const truth = Float32Array.from({ length: labels.length * classCount }, (_, i) =>
    Number(labels[Math.floor(i / classCount)] === i % classCount),
  );
  const found = await compiled.run({ images, truth: { dtype: 'float32', shape: [labels.length, classCount], data: truth } });
  return { scores: found.scores!.data as Float32Array, gradient: found.gradient!.data as Float32Array };
}

/** Where a softmax was taken off the end, or put there, probabilities are compared. */
function forwardDifference({ output, classCount }: Network, model: AnyModel, scores: Float32Array, reference: Float32Array): number {
  if (scores.length !== reference.length) throw new Error(`There are ${scores.length} scores where the framework has ${reference.length}.`);
  const asProbabilities = model.softmaxRemoved || (model.output !== output && model.output !== 'LABELS');
  const [ours, theirs] = asProbabilities
    ? [probabilities(scores, model.output, classCount), probabilities(reference, output, classCount)]
    : [scores, reference];
  const largest = theirs!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return theirs!.reduce((most, value, i) => Math.max(most, nanAsInfinity(Math.abs(value - ours![i]!))), 0) / (largest || 1);
}

function probabilities(scores: Float32Array, output: OutputKind, classes: number): Float32Array {
  if (output !== 'LOGITS') return scores;
  const rows = Array.from({ length: scores.length / classes }, (_, i) => scores.subarray(i * classes, (i + 1) * classes));
  return Float32Array.from(
    rows.flatMap((row) => {
      const exponentials = Array.from(row, (score) => Math.exp(score - Math.max(...row)));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      return exponentials.map((value) => value / sum);
    }),
  );
}

async function gradientDifference(network: Network, gradient: Float32Array): Promise<Pick<Differences, 'gradient' | 'cosine'>> {
  if (network.gradientCount === 0) return {};
  const reference = await numbersOf(network, 'gradient');
  const size = reference.length / network.gradientCount;
  let [worst, smallest] = [0, 1];
  for (let i = 0; i < network.gradientCount; i++) {
    const [ours, theirs] = [gradient, reference].map((all) => Float64Array.from(all.subarray(i * size, (i + 1) * size)));
    const difference = Math.sqrt(dot(theirs!.map((value, at) => value - ours![at]!)));
    const [length, ourLength] = [Math.sqrt(dot(theirs!)), Math.sqrt(dot(ours!))];
    // An image without a gradient: neither must have one.
    if (length < 1e-12) {
      worst = Math.max(worst, ourLength < 1e-9 ? 0 : Infinity);
      continue;
    }
    worst = Math.max(worst, nanAsInfinity(difference / length));
    smallest = Math.min(smallest, -nanAsInfinity(-dot(ours!, theirs!) / (length * ourLength || 1)));
  }
  return { gradient: worst, cosine: smallest };
}

const dot = (a: Float64Array, b = a) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const nanAsInfinity = (value: number) => (Number.isNaN(value) ? Infinity : value);
