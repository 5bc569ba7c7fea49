/**
 * Randomized smoothing (Cohen, Rosenfeld, Kolter 2019, arXiv 1902.02918): the class that a model gives most often to an image with noise from N(0, σ²) holds within
 * a certified L2 radius.
 * @module
 */
import statistics from 'jstat';
import type { Dataset } from '../data/index.js';
import { argmaxRows, firstNonFiniteRow, type HostTensor, sizeOf } from '../tensors/index.js';
import type { Engine, EngineDescription } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { type AnyModel, checkFit, predict } from '../models/index.js';
import { fromStored } from '../distances/index.js';
import { randomStream, type RandomStream } from '../random.js';

/** Parameters of the algorithm CERTIFY. */
export interface Smoothing {
  /** σ of the noise, as a fraction of the pixel range. */
  readonly sigma: number;
  /** n₀: noisy copies of an image that choose the class. */
  readonly selectionSamples: number;
  /** n: noisy copies that estimate how likely it is. */
  readonly estimationSamples: number;
  /** α: probability that a certificate is wrong. */
  readonly alpha: number;
}

export interface SmoothedShard extends Smoothing {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  /** First example, and how many; fewer are certified where the data set ends. */
  readonly offset: number;
  readonly count: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Of every example of a shard, in data-set order. */
export interface Certificates {
  readonly count: number;
  readonly labels: Int32Array;
  /** {@link ABSTAINED}, or the class that is certified. */
  readonly predictions: Int32Array;
  /** Noisy copies of n that were given the class chosen. */
  readonly agreeing: Int32Array;
  /** L2, pixels being fractions of their range; 0 where the algorithm abstained. */
  readonly radii: Float64Array;
}

export interface CertifiedShard extends Certificates {
  readonly engine: EngineDescription;
}

/** In place of a class: no class is likelier than all others together with the confidence asked for. */
export const ABSTAINED = -1;

/** Noisy images that the engine is given at once: at most so many, with at most so many pixel values (16 MiB) together. */
const COPIES_AT_ONCE = 256;
const VALUES_AT_ONCE = 2 ** 22;

/**
 * CERTIFY for `count` examples. Example i's certificate depends on (model, data, parameters, seed, i) alone, not on the shard it is in.
 * @throws ComputeError MODEL_DATASET_MISMATCH, INVALID_MODEL (scores that are not finite) or CANCELLED.
 */
export async function certifyShard(shard: SmoothedShard): Promise<CertifiedShard> {
  const { engine, model, dataset, offset, seed, selectionSamples, estimationSamples } = shard;
  checkFit(model, dataset);
  const { images, labels } = await dataset.read(offset, shard.count);
  const { imageShape } = dataset.info;
  const size = sizeOf(imageShape);
  const count = labels.length;
  const [predictions, agreeing, radii] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const image = fromStored(images.subarray(i * size, (i + 1) * size), imageShape).data as Float32Array;
    const stream = randomStream(seed, 'smoothing', offset + i);
    const selected = await countClasses(shard, offset + i, image, stream, selectionSamples);
    const top = selected.indexOf(Math.max(...selected));
    agreeing[i] = (await countClasses(shard, offset + i, image, stream, estimationSamples))[top]!;
    radii[i] = certifiedRadius(agreeing[i]!, shard);
    predictions[i] = radii[i]! > 0 ? top : ABSTAINED;
  }
  return { count, labels, predictions, agreeing, radii, engine: engine.description };
}

/** `σ Φ⁻¹(p)` for the lower bound p on the probability of the class chosen; 0 where p does not exceed one half. @param agreeing of n samples. */
export function certifiedRadius(agreeing: number, { sigma, estimationSamples, alpha }: Omit<Smoothing, 'selectionSamples'>): number {
  return Math.max(0, sigma * statistics.normal.inv(lowerBound(agreeing, estimationSamples, alpha), 0, 1));
}

/** One-sided lower confidence bound on a probability (Clopper and Pearson 1934), which holds with probability 1 - α. */
export function lowerBound(successes: number, trials: number, alpha: number): number {
  if (successes === 0) return 0;
  // The bound solves p^n = α. The general inverse misses it at α of 1e-7 and below.
  if (successes === trials) return alpha ** (1 / trials);
  return statistics.beta.inv(alpha, successes, trials - successes + 1);
}

/** How often each class is given to `samples` noisy copies of the image. */
async function countClasses(
  { engine, model, sigma, signal }: SmoothedShard,
  example: number,
  image: Float32Array,
  stream: RandomStream,
  samples: number,
): Promise<number[]> {
  const counts = Array<number>(model.spec.classCount).fill(0);
  const count = async (running: Promise<HostTensor>) => {
    const scores = await running;
    if (firstNonFiniteRow(scores) >= 0) {
      throw new ComputeError('INVALID_MODEL', `The model outputs NaN or infinity for example ${example} with noise.`, ['weights']);
    }
    for (const label of argmaxRows(scores)) counts[label]!++;
  };
  const most = Math.max(1, Math.min(COPIES_AT_ONCE, Math.floor(VALUES_AT_ONCE / image.length)));
  let running: Promise<HostTensor> | undefined;
  for (let left = samples; left > 0; left -= most) {
    // While the engine works on those before.
    const noisy = noisyCopies(image, Math.min(most, left), sigma, stream, model.spec.inputShape);
    if (running) await count(running);
    running = predict(engine, model, noisy, signal);
  }
  if (running) await count(running);
  return counts;
}

/** Pixels are not clipped, as in the authors' code. */
function noisyCopies(image: Float32Array, copies: number, sigma: number, stream: RandomStream, shape: readonly number[]): HostTensor {
  const data = new Float32Array(copies * image.length);
  for (let start = 0; start < data.length; start += image.length) {
    for (let p = 0; p < image.length; p++) data[start + p] = image[p]! + sigma * stream.normal();
  }
  return { dtype: 'float32', shape: [copies, ...shape], data };
}
