/**
 * What a model does to attacks, measured on clean images: gradients that are lost, outputs that change by themselves or are saturated. These are the causes of
 * masked gradients that Athalye, Carlini and Wagner 2018 (arXiv 1802.00420) and Carlini et al. 2019 (arXiv 1902.06705) ask evaluators to look for.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { gather, type HostTensor } from '../tensors/index.js';
import type { Engine } from '../engine/index.js';
import { type AnyModel, compileWithModel, type DifferentiableModel, isBlackBox, lacksGradient, type OutputKind } from '../models/index.js';

/** Numbers of examples: those of several shards add up. */
export interface Diagnostics {
  /** Examples whose scores were looked at: all. */
  readonly examples: number;
  /** Whose highest probability is exactly 1 in float32: cross-entropy has no slope there that float32 could hold. */
  readonly saturated: number;
  /** Whose scores are in [0, 1] and sum to 1. */
  readonly probabilities: number;
  /** Examples that were predicted a second time. */
  readonly sampled: number;
  /** Whose scores were others the second time. */
  readonly changed: number;
  /** Those of the sampled whose gradient was looked at: none where the model has no gradient. */
  readonly differentiated: number;
  /** Whose gradient of the cross-entropy with respect to the pixels is zero everywhere. */
  readonly zeroGradients: number;
  /** Whose loss is not small, and whose gradient is so small that no image would change the loss by a hundredth, to first order. */
  readonly vanishingGradients: number;
  /** Whose gradient or loss holds NaN or infinity. */
  readonly nonFiniteGradients: number;
}

/** Whether the model said something else of an image the second time; false where nobody looked. */
export const isRandom = (diagnostics: Diagnostics | null): boolean => (diagnostics?.changed ?? 0) > 0;

/** Gradients are looked at for every eighth example of the data set, whatever the shard: a bounded price, and the same examples however the work is cut. */
const EVERY = 8;
/** Enough for a usual shard at once; a search for the best size would cost more than it saves. */
const MICRO_BATCH = 32;
/** Below it a loss is rounding noise: float32 has seven digits, and logits may be tens. */
const SMALL_LOSS = 1e-3;
const SMALL_CHANGE = 0.01;
/** Of the spread of an example's scores. Engines that sum in a varying order differ by less. */
const SAME_SCORE = 1e-3;
/** What rounding leaves of a sum of probabilities. */
const SUM_TOLERANCE = 1e-4;

export interface DiagnosedBatch {
  readonly engine: Engine;
  readonly model: AnyModel;
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
  /** `[n, classCount]`, the model's scores for them. */
  readonly scores: HostTensor;
  /** Number of the first example in the data set. */
  readonly offset: number;
  predict(images: HostTensor): Promise<HostTensor>;
}

export async function diagnose(batch: DiagnosedBatch): Promise<Diagnostics> {
  const { labels, scores, offset, model } = batch;
  const rows = Array.from(labels, (_, i) => rowOf(scores, i));
  const sample = Int32Array.from(labels.keys()).filter((i) => (offset + i) % EVERY === 0);
  const { again, slopes } = await lookCloser(batch, sample);
  return {
    examples: labels.length,
    saturated: countOf(rows, (row) => isSaturated(row, model.output)),
    // What names only the class would look like a distribution.
    probabilities: model.output === 'LABELS' ? 0 : countOf(rows, isDistribution),
    sampled: sample.length,
    changed: countOf([...sample.keys()], (k) => differ(rows[sample[k]!]!, rowOf(again, k))),
    differentiated: slopes.length,
    zeroGradients: countOf(slopes, (slope) => slope === 'ZERO'),
    vanishingGradients: countOf(slopes, (slope) => slope === 'VANISHING'),
    nonFiniteGradients: countOf(slopes, (slope) => slope === 'NON_FINITE'),
  };
}

/** The scores of a sample, once more, and what becomes of its gradients. */
async function lookCloser(batch: DiagnosedBatch, sample: Int32Array): Promise<{ again: HostTensor; slopes: Slope[] }> {
  if (sample.length === 0) return { again: batch.scores, slopes: [] };
  const images = gather(batch.images, sample);
  const slopes = await slopesOf(
    batch,
    images,
    sample.map((i) => batch.labels[i]!),
  );
  return { again: await batch.predict(images), slopes };
}

/** Nothing where the model has no gradient. */
async function slopesOf({ engine, model }: DiagnosedBatch, images: HostTensor, labels: Int32Array): Promise<Slope[]> {
  if (isBlackBox(model)) return [];
  try {
    const { loss, gradient } = await lossGradients(engine, model, images, labels);
    return Array.from(labels, (_, k) => slopeOf(loss, gradient, k));
  } catch (error) {
    if (lacksGradient(error)) return [];
    throw error;
  }
}

/** Several shards as one. */
export function joinDiagnostics(shards: readonly Diagnostics[]): Diagnostics {
  const names = [
    'examples',
    'saturated',
    'probabilities',
    'sampled',
    'changed',
    'differentiated',
    'zeroGradients',
    'vanishingGradients',
    'nonFiniteGradients',
  ] as const;
  const total = (name: keyof Diagnostics) => shards.reduce((sum, shard) => sum + shard[name], 0);
  return Object.fromEntries(names.map((name) => [name, total(name)])) as unknown as Diagnostics;
}

/**
 * The cross-entropy of each example and its gradient, as code outside of this project computes them. Our attacks climb a loss whose gradient does not vanish
 * where the model is sure; this one shows whether theirs would.
 */
async function lossGradients(engine: Engine, model: DifferentiableModel, images: HostTensor, labels: Int32Array) {
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape }, labels: { dtype: 'int32', shape: [] } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    'diagnostics.gradient',
    inputs,
    (scores, { images: x, labels: y }) => {
      const oneHot = tf.cast(tf.oneHot(y as tf.Tensor1D, model.spec.classCount), 'float32');
      const losses = (input: tf.Tensor) => {
        const output = scores(input as tf.Tensor4D);
        const ofLabel = (values: tf.Tensor) => tf.sum(tf.mul(oneHot, values), 1);
        // The logarithm of the label's probability alone: that of another class may be 0.
        return tf.neg(model.output === 'LOGITS' ? ofLabel(tf.logSoftmax(output)) : tf.log(ofLabel(output)));
      };
      return { loss: losses(x!), gradient: tf.grad((input: tf.Tensor) => tf.sum(losses(input)))(x!) };
    },
    { fewExamples: MICRO_BATCH },
  );
  const { loss, gradient } = await compiled.run({ images, labels: { dtype: 'int32', shape: [labels.length], data: labels } });
  return { loss: loss!.data as Float32Array, gradient: gradient! };
}

type Slope = 'ZERO' | 'VANISHING' | 'NON_FINITE' | 'USEFUL';

function slopeOf(losses: Float32Array, gradient: HostTensor, example: number): Slope {
  const values = rowOf(gradient, example);
  const loss = losses[example]!;
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length) || !Number.isFinite(loss)) return 'NON_FINITE';
  if (values.every((value) => value === 0)) return 'ZERO';
  // No image of the pixel range is further away than √d.
  return loss > SMALL_LOSS && length * Math.sqrt(values.length) < SMALL_CHANGE * loss ? 'VANISHING' : 'USEFUL';
}

function isSaturated(row: Float32Array, output: OutputKind): boolean {
  if (output === 'LABELS') return false;
  const highest = row.reduce((best, score) => Math.max(best, score), -Infinity);
  if (output === 'PROBABILITIES') return highest === 1;
  return Math.fround(1 / row.reduce((sum, score) => sum + Math.exp(score - highest), 0)) === 1;
}

function isDistribution(row: Float32Array): boolean {
  const sum = row.reduce((total, score) => total + score, 0);
  return row.every((score) => score >= 0 && score <= 1) && Math.abs(sum - 1) < SUM_TOLERANCE;
}

function differ(first: Float32Array, second: Float32Array): boolean {
  const spread =
    first.reduce((best, score) => Math.max(best, score), -Infinity) - first.reduce((best, score) => Math.min(best, score), Infinity);
  return first.some((score, k) => Math.abs(score - second[k]!) > SAME_SCORE * spread);
}

function rowOf({ data, shape }: HostTensor, row: number): Float32Array {
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
}

function countOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length;
}
