/**
 * Randomized smoothing (Cohen, Rosenfeld, Kolter 2019, arXiv 1902.02918): the class that a model gives most often to an image with noise from N(0, σ²) holds within
 * a certified L2 radius, and with uniform noise within one in L1 (Yang et al. 2020, arXiv 2002.08118). Without noise: bounds of the network.
 * @module
 */
import statistics from 'jstat';
import type { Dataset } from '../data/index.js';
import { argmaxRows, firstNonFiniteRow, type HostTensor, sizeOf } from '../tensors/index.js';
import { type Engine, type EngineDescription, throwIfAborted } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { type AnyModel, checkFit, predict } from '../models/index.js';
import { atLeast } from '../statistics/index.js';
import { fromStored, type Norm } from '../distances/index.js';
import { BOUND_METHODS, type BoundMethod, Verifier } from '../bounds/index.js';
import { randomStream, type RandomStream } from '../random.js';

/**
 * SMOOTHING: CERTIFY with normal noise, radii in L2. SMOOTHING_L1: with uniform noise, radii in L1. PREDICT: the class of the smoothed classifier alone. IBP, CROWN_IBP
 * and CROWN: bounds of the network, radii in L∞, without noise.
 */
export const CERTIFICATION_METHODS = ['SMOOTHING', 'SMOOTHING_L1', 'PREDICT', ...BOUND_METHODS] as const;
export type CertificationMethod = (typeof CERTIFICATION_METHODS)[number];

/** The norm that radii are in. */
export const normOf = (method: CertificationMethod): Norm => (isBounds(method) ? 'LINF' : method === 'SMOOTHING_L1' ? 'L1' : 'L2');

export const isBounds = (method: CertificationMethod): method is BoundMethod => (BOUND_METHODS as readonly string[]).includes(method);

/** Parameters of the algorithms CERTIFY and PREDICT. */
export interface Smoothing {
  /** Default: SMOOTHING. */
  readonly method?: CertificationMethod;
  /** Radii that are asked about: an example is given up, or done with, once all of them are decided. Absent: n copies of every example. */
  readonly stopRadii?: readonly number[];
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
  /** Noisy copies of `samples` that were given the class chosen. */
  readonly agreeing: Int32Array;
  /** Noisy copies that estimated: n, or fewer where radii stop them; 0 without noise. */
  readonly samples: Int32Array;
  /** In the norm of the method, pixels being fractions of their range; 0 where the algorithm abstained. */
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
  const { engine, model, dataset, offset, seed, selectionSamples, method = 'SMOOTHING' } = shard;
  checkFit(model, dataset);
  const { images, labels } = await dataset.read(offset, shard.count);
  const { imageShape } = dataset.info;
  const size = sizeOf(imageShape);
  const count = labels.length;
  const [predictions, agreeing, samples, radii] = [
    new Int32Array(count),
    new Int32Array(count),
    new Int32Array(count),
    new Float64Array(count),
  ];
  const verifier = isBounds(method) ? new Verifier(model, method) : undefined;
  for (let i = 0; i < count; i++) {
    const image = fromStored(images.subarray(i * size, (i + 1) * size), imageShape).data as Float32Array;
    if (verifier) {
      throwIfAborted(shard.signal);
      const { prediction, radius } = verifier.certify(image);
      predictions[i] = prediction;
      radii[i] = radius;
      continue;
    }
    const stream = randomStream(seed, 'smoothing', offset + i);
    const copies = (n: number) => countClasses(shard, offset + i, image, stream, n);
    if (method === 'PREDICT') {
      const counts = await copies(shard.estimationSamples);
      predictions[i] = likeliest(counts, shard.alpha);
      agreeing[i] = Math.max(...counts);
      samples[i] = shard.estimationSamples;
      continue;
    }
    const selected = await copies(selectionSamples);
    const top = selected.indexOf(Math.max(...selected));
    const estimate = await estimated(shard, async (n) => (await copies(n))[top]!);
    agreeing[i] = estimate.agreeing;
    samples[i] = estimate.samples;
    radii[i] = estimate.radius;
    predictions[i] = estimate.radius > 0 ? top : ABSTAINED;
  }
  return { count, labels, predictions, agreeing, samples, radii, engine: engine.description };
}

/** PREDICT's decision: the class that was counted most, where it is likelier than the second by an exact binomial test at α, two-sided (Hung and Fithian 2019). */
export function likeliest(counts: readonly number[], alpha: number): number {
  const top = counts.indexOf(Math.max(...counts));
  const second = Math.max(0, ...counts.filter((_, k) => k !== top));
  const trials = counts[top]! + second;
  const tail = atLeast(counts[top]!, trials, 0.5);
  return Math.min(1, 2 * tail) <= alpha ? top : ABSTAINED;
}

/** Copies of the first look where radii stop the estimation, and how many times as many the next has. */
const FIRST_LOOK = 1000;
const GROWTH = 2;

/** How many copies there are after each look: 1,000, 2,000, … up to n. One look without radii to stop at. */
export function looksOf({ estimationSamples, stopRadii = [] }: Pick<Smoothing, 'estimationSamples' | 'stopRadii'>): number[] {
  if (stopRadii.length === 0) return [estimationSamples];
  const looks: number[] = [];
  for (let n = FIRST_LOOK; n < estimationSamples; n *= GROWTH) looks.push(n);
  return [...looks, estimationSamples];
}

/**
 * Counts until every radius is decided. The bounds of all looks hold together: each has α / looks (a confidence sequence by the union bound), so that a
 * certificate is wrong with probability α wherever it stops.
 * @param count of so many further copies, those of the class chosen.
 */
export async function estimated(
  smoothing: Smoothing,
  count: (copies: number) => Promise<number>,
): Promise<{ agreeing: number; samples: number; radius: number }> {
  const { stopRadii = [], alpha } = smoothing;
  const looks = looksOf(smoothing);
  const share = alpha / looks.length;
  let [agreeing, samples, radius] = [0, 0, 0];
  for (const look of looks) {
    agreeing += await count(look - samples);
    samples = look;
    radius = Math.max(radius, certifiedRadius(agreeing, { ...smoothing, estimationSamples: samples, alpha: share }));
    const reachable = radiusAt(upperBound(agreeing, samples, share), smoothing);
    if (stopRadii.length > 0 && stopRadii.every((wanted) => radius >= wanted || reachable < wanted)) break;
  }
  return { agreeing, samples, radius };
}

/** The largest radius that n samples can certify. */
export function largestRadius(smoothing: Smoothing): number {
  const alpha = smoothing.alpha / looksOf(smoothing).length;
  return certifiedRadius(smoothing.estimationSamples, { ...smoothing, alpha });
}

/**
 * For the lower bound p on the probability of the class chosen: `σ Φ⁻¹(p)` with normal noise; with uniform noise from [−λ, λ], of which σ = λ / √3 is the standard
 * deviation, `2 λ (p − ½)`. 0 where p does not exceed one half.
 * @param agreeing of n samples.
 */
export function certifiedRadius(agreeing: number, smoothing: Omit<Smoothing, 'selectionSamples'>): number {
  return radiusAt(lowerBound(agreeing, smoothing.estimationSamples, smoothing.alpha), smoothing);
}

function radiusAt(probability: number, { sigma, method }: Pick<Smoothing, 'sigma' | 'method'>): number {
  if (method === 'SMOOTHING_L1') return Math.max(0, 2 * Math.sqrt(3) * sigma * (probability - 0.5));
  return Math.max(0, sigma * statistics.normal.inv(probability, 0, 1));
}

/** One-sided upper confidence bound on a probability. */
const upperBound = (successes: number, trials: number, alpha: number) => 1 - lowerBound(trials - successes, trials, alpha);

/** One-sided lower confidence bound on a probability (Clopper and Pearson 1934), which holds with probability 1 - α. */
export function lowerBound(successes: number, trials: number, alpha: number): number {
  if (successes === 0) return 0;
  // The bound solves p^n = α. The general inverse misses it at α of 1e-7 and below.
  if (successes === trials) return alpha ** (1 / trials);
  return statistics.beta.inv(alpha, successes, trials - successes + 1);
}

/** How often each class is given to `samples` noisy copies of the image. */
async function countClasses(
  { engine, model, sigma, method, signal }: SmoothedShard,
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
    const noisy = noisyCopies(
      image,
      Math.min(most, left),
      method === 'SMOOTHING_L1' ? uniform(sigma, stream) : () => sigma * stream.normal(),
      model.spec.inputShape,
    );
    if (running) await count(running);
    running = predict(engine, model, noisy, signal);
  }
  if (running) await count(running);
  return counts;
}

/** From [−√3 σ, √3 σ], whose standard deviation is σ. */
const uniform = (sigma: number, stream: RandomStream) => () => Math.sqrt(3) * sigma * (2 * stream.uniform() - 1);

/** Pixels are not clipped, as in the authors' code. */
function noisyCopies(image: Float32Array, copies: number, noise: () => number, shape: readonly number[]): HostTensor {
  const data = new Float32Array(copies * image.length);
  for (let start = 0; start < data.length; start += image.length) {
    for (let p = 0; p < image.length; p++) data[start + p] = image[p]! + noise();
  }
  return { dtype: 'float32', shape: [copies, ...shape], data };
}
