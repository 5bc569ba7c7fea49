/** What the importer makes of a network, against what its framework computes: scores, and gradients of the cross entropy. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { compileWithModel, isBlackBox, predict } from '../../src/compute/models/functions.js';
import { openModel } from '../../src/compute/models/open.js';
import { looksLikeProbabilities } from '../../src/compute/models/dry-run.js';
import { partialSpecSchema } from '../../src/compute/models/spec.js';
import {
  type AnyModel,
  DEFAULT_MODEL_LIMITS,
  type DifferentiableModel,
  type ModelAccess,
  type OutputKind,
} from '../../src/compute/models/types.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { type Network, numbersOf } from './networks.js';

/** Numbers of one network against its framework's. */
export interface Differences {
  /** Of the scores: the largest |Δ|, relative to the largest score. */
  readonly forward: number;
  /** Of the gradients of nine images in ten: the largest |Δ| / |g|, and the smallest cosine. Undefined where the framework has none, or the import. */
  readonly gradient?: number;
  readonly cosine?: number;
  /** Whether attacks on the import take its scores for what the framework does. Probabilities may be taken for logits, with a warning. */
  readonly isAttackedAlike?: boolean;
  /** Of all images. */
  readonly leastCosine?: number;
}

/** Of scores and gradients, which may be four times as far as rounding takes the framework's own. Half precision has 11 bits. Quantised networks round values that lie between two levels either way, and each is a percent of the range. */
const TOLERANCES = {
  SINGLE: { forward: 1e-4, gradient: 1e-3, cosine: 0.999, leastCosine: 0.9 },
  HALF: { forward: 1e-2, gradient: 0.1, cosine: 0.99, leastCosine: 0.9 },
  QUANTISED: { forward: 5e-2, gradient: Infinity, cosine: 0.8, leastCosine: 0 },
} as const;

/** @returns what is too far away, in words; undefined: nothing. */
export function tooFar(
  { precision, rounding, scoreRounding }: Pick<Network, 'precision' | 'rounding' | 'scoreRounding'>,
  { forward, gradient = 0, cosine = 1, leastCosine = 1 }: Differences,
): string | undefined {
  const most = TOLERANCES[precision];
  const far = [
    forward <= Math.max(most.forward, 4 * scoreRounding) ? '' : `scores differ by ${forward.toPrecision(2)} of the largest`,
    gradient <= Math.max(most.gradient, 4 * rounding) ? '' : `gradients differ by ${gradient.toPrecision(2)} of their length`,
    cosine >= most.cosine ? '' : `gradients have a cosine of ${cosine.toPrecision(4)}`,
    leastCosine >= most.leastCosine ? '' : `the gradient of one image has a cosine of ${leastCosine.toPrecision(4)}`,
  ].filter(Boolean);
  return far.length > 0 ? far.join(', ') : undefined;
}

export async function differencesOf(network: Network, access: ModelAccess): Promise<Differences> {
  const engine = await createEngine({ engine: ENGINE_UNDER_TEST, threads: 1, microBatch: Math.min(4, network.count) });
  const { folder, spec } = network;
  const files = { directory: join(folder, 'model'), spec: partialSpecSchema.parse(spec), access };
  const model = await openModel(files, { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY });
  try {
    const images = { dtype: 'float32', shape: [network.count, ...network.inputShape], data: await numbersOf(network, 'images') } as const;
    const reference = await numbersOf(network, 'scores');
    if (isBlackBox(model)) {
      const scores = (await predict(engine, model, images)).data as Float32Array;
      const asRun = network.precision === 'QUANTISED' ? [reference, await numbersOf(network, 'optimised')] : [reference];
      return { forward: Math.min(...asRun.map((either) => forwardDifference(network, model, scores, either))) };
    }
    const scores = (await predict(engine, model, images)).data as Float32Array;
    const holds = kindOf(network, scores);
    const gradient = network.gradientCount > 0 ? await gradientOf(engine, model, holds, network, images) : undefined;
    return {
      forward: forwardDifference(network, model, scores, reference),
      ...(gradient && (await gradientDifference(network, gradient))),
      isAttackedAlike: holds === model.output,
    };
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

/** What the import has for scores. Where the file outputs probabilities, they may be those, or logits, of which a softmax was taken off. */
function kindOf({ output, classCount }: Network, scores: Float32Array): OutputKind {
  return output === 'PROBABILITIES' && looksLikeProbabilities(asRows(scores, classCount)) ? 'PROBABILITIES' : 'LOGITS';
}

const asRows = (scores: Float32Array, classes: number) =>
  ({ dtype: 'float32', shape: [scores.length / classes, classes], data: scores }) as const;

/** Of the cross entropy with the network's labels by the pixels. @param holds what the scores are. */
async function gradientOf(
  engine: Engine,
  model: DifferentiableModel,
  holds: OutputKind,
  { labels, classCount }: Network,
  images: Images,
): Promise<Float32Array> {
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape }, truth: { dtype: 'float32', shape: [classCount] } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    `test.exporters.${holds}`,
    inputs,
    (scoresOf, { images: x, truth }) => {
      const loss = (pixels: tf.Tensor) => {
        const scores = scoresOf(pixels as tf.Tensor4D);
        return tf.neg(tf.sum(tf.mul(truth!, holds === 'LOGITS' ? tf.logSoftmax(scores) : tf.log(tf.maximum(scores, 1e-30)))));
      };
      return { gradient: tf.grad(loss)(x!) };
    },
    { fewExamples: labels.length },
  );
  const truth = labels.flatMap((label) => Array.from({ length: classCount }, (_, c) => Number(c === label)));
  const found = await compiled.run({ images, truth: asRows(Float32Array.from(truth), classCount) });
  return found.gradient!.data as Float32Array;
}

/** Where a softmax was taken off the end, probabilities are compared; of labels, whether they are the same. */
function forwardDifference(network: Network, model: AnyModel, scores: Float32Array, reference: Float32Array): number {
  const { output, classCount } = network;
  if (scores.length !== reference.length) throw new Error(`There are ${scores.length} scores where the framework has ${reference.length}.`);
  if (output === 'LABELS') {
    const labels = Array.from(argmaxRows(asRows(scores, classCount)));
    return labels.every((label, i) => reference[i * classCount + label] === 1) ? 0 : 1;
  }
  const holds = kindOf(network, scores);
  const [ours, theirs] =
    model.softmaxRemoved || holds !== output
      ? [probabilities(scores, holds, classCount), probabilities(reference, output, classCount)]
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

async function gradientDifference(network: Network, gradient: Float32Array): Promise<Omit<Differences, 'forward'>> {
  if (network.gradientCount === 0) return {};
  const reference = await numbersOf(network, 'gradient');
  const size = reference.length / network.gradientCount;
  const found = Array.from({ length: network.gradientCount }, (_, i) => {
    const [ours, theirs] = [gradient, reference].map((all) => Float64Array.from(all.subarray(i * size, (i + 1) * size)));
    return imageDifference(ours!, theirs!);
  });
  // An image at which a ReLU or a maximum lies on its edge may take either side.
  const most = found.sort((a, b) => a.gradient - b.gradient).slice(0, Math.max(1, Math.floor(0.9 * found.length)));
  return {
    gradient: Math.max(...most.map(({ gradient }) => gradient)),
    cosine: Math.min(...most.map(({ cosine }) => cosine)),
    leastCosine: Math.min(...found.map(({ cosine }) => cosine)),
  };
}

/** Of an image without a gradient neither must have one. */
function imageDifference(ours: Float64Array, theirs: Float64Array): { gradient: number; cosine: number } {
  const [length, ourLength] = [Math.sqrt(dot(theirs)), Math.sqrt(dot(ours))];
  if (length < 1e-12) return ourLength < 1e-9 ? { gradient: 0, cosine: 1 } : { gradient: Infinity, cosine: 0 };
  const difference = Math.sqrt(dot(theirs.map((value, at) => value - ours[at]!)));
  const cosine = dot(ours, theirs) / (length * ourLength || 1);
  return { gradient: nanAsInfinity(difference / length), cosine: Number.isNaN(cosine) ? -1 : cosine };
}

const dot = (a: Float64Array, b = a) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const nanAsInfinity = (value: number) => (Number.isNaN(value) ? Infinity : value);
