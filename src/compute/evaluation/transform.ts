/** What transformations leave of adversarial images: the destruction rate of Kurakin, Goodfellow and Bengio 2016 (arXiv 1607.02533). @module */
import { finiteDecisions } from './clean.js';
import { type Dataset, findTransformation, type TransformationStep } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import { type AnyModel, checkFit } from '../models/index.js';
import type { ImageShape } from '../tensors/index.js';
import { fromStored, toLevels } from '../distances/index.js';
import { ComputeError } from '../errors.js';
import { randomStream } from '../random.js';

export interface TransformedShard {
  readonly engine: Engine;
  readonly model: AnyModel;
  readonly dataset: Dataset;
  /** First example. */
  readonly offset: number;
  /** Adversarial images of the examples from there on, `[n, height, width, channels]`, 8 bits a channel. */
  readonly adversarial: Uint8Array;
  /** One after the other. */
  readonly steps: readonly TransformationStep[];
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** What the model makes of the transformed images, one class an example. */
export interface TransformedPredictions {
  readonly clean: Int32Array;
  readonly adversarial: Int32Array;
}

/**
 * Transforms original and adversarial images alike, with the same noise. An example's result does not depend on the shard that it is in.
 * @throws ComputeError INVALID_TRANSFORMATION, UNSUPPORTED_OPERATION, MODEL_DATASET_MISMATCH, INVALID_MODEL or CANCELLED.
 */
export async function predictTransformed(shard: TransformedShard): Promise<TransformedPredictions> {
  const { model, dataset, offset, adversarial, steps } = shard;
  for (const step of steps) findTransformation(step);
  checkFit(model, dataset);
  const shape = dataset.info.imageShape;
  const size = shape.reduce((product, length) => product * length, 1);
  if (dataset.info.bitDepth !== 8) {
    const message = 'Transformations are made of images of 8 bits, and the data set has others.';
    throw new ComputeError('UNSUPPORTED_OPERATION', message, ['transformations']);
  }
  const images = toLevels((await dataset.read(offset, adversarial.length / size)).images);
  const predicted = async (originals: Uint8Array) => {
    const changed = await transformed(shard, originals, shape, size);
    return (await finiteDecisions(shard, fromStored(changed, [originals.length / size, ...shape]))).prediction;
  };
  return { clean: await predicted(images), adversarial: await predicted(adversarial) };
}

async function transformed(
  { steps, seed, offset, signal }: TransformedShard,
  images: Uint8Array,
  shape: ImageShape,
  size: number,
): Promise<Uint8Array> {
  const result = new Uint8Array(images.length);
  for (let i = 0; i * size < images.length; i++) {
    signal?.throwIfAborted();
    let image = images.slice(i * size, (i + 1) * size);
    for (const [position, step] of steps.entries()) {
      const stream = randomStream(seed, `transformation.${position}`, offset + i);
      image = new Uint8Array(await findTransformation(step).apply(image, shape, step.amount, stream));
    }
    result.set(image, i * size);
  }
  return result;
}
