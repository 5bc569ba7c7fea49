/** Imported adversarial images, as they would be stored here. @module */
import { type Budget, quantise } from '../distances/index.js';
import { type Dataset, type ImageBatch, readNpz } from '../data/index.js';
import { ComputeError } from '../errors.js';

export interface ImportedImages {
  /** A .npz archive: images of consecutive examples, `[n, height, width, channels]` or `[n, channels, height, width]`. */
  readonly file: string;
  /** Its array; may be left out where it is the only one. */
  readonly array?: string;
  readonly dataset: Dataset;
  /** Example that the first image belongs to. */
  readonly offset: number;
  /** What they claim to keep to. */
  readonly budget: Budget;
}

/** Float64 is the widest type. */
const WIDEST = 8;
/** Of what float16 and float32 make of a pixel and of a budget. */
const TOLERANCE = 1e-3;
const NO_LIMIT: Budget = { norm: 'LINF', epsilon: 1 };

/**
 * Rounds to 8 bits. An image that keeps to its budget before still does afterwards; one that does not is only rounded, so that the audit finds it.
 * @returns `[n, height, width, channels]`, 8 bits a channel.
 * @throws ComputeError INVALID_IMAGES or LIMIT_EXCEEDED, saying what is expected.
 */
export async function importImages({
  file,
  array,
  dataset,
  offset,
  budget,
}: ImportedImages): Promise<{ count: number; images: Uint8Array }> {
  const { imageShape, exampleCount } = dataset.info;
  const size = imageShape.reduce((product, length) => product * length, 1);
  const left = exampleCount - offset;
  const given = await readNpz(file, array, left * size * WIDEST);
  const [count] = given.shape as [number];
  if (count < 1 || count > left) throw invalid(`The array has ${count} images; from example ${offset} on, the data set has 1 to ${left}.`);
  const pixelAt = positions(given.shape.slice(1), imageShape);
  const originals = await dataset.read(offset, count);
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const from = (values: ArrayLike<number>) => pixelAt.map((position) => values[i * size + position]!);
    images.set(given.data instanceof Uint8Array ? from(given.data) : rounded(from(given.data), originals, i, budget), i * size);
  }
  return { count, images };
}

/** For each value of an image in our order, where it is in the given one. */
function positions(given: readonly number[], [height, width, channels]: Dataset['info']['imageShape']): readonly number[] {
  const indices = Array.from({ length: height * width * channels }, (_, p) => p);
  const is = (...shape: number[]) => given.join() === shape.join();
  if (is(height, width, channels) || (channels === 1 && is(height, width))) return indices;
  if (is(channels, height, width)) return indices.map((p) => (p % channels) * height * width + Math.floor(p / channels));
  throw invalid(
    `The array holds images of shape (${given.join(', ')}); the data set's are (${height}, ${width}, ${channels}) or, channels first, (${channels}, ${height}, ${width}).`,
  );
}

function rounded(values: readonly number[], originals: ImageBatch, i: number, budget: Budget): Uint8Array {
  if (!values.every((value) => value >= -TOLERANCE / 255 && value <= 1 + TOLERANCE / 255)) {
    throw invalid(
      `Image ${i} has values outside of 0 to 1. Divide pixel values by 255, undo the normalisation of the model, or save uint8.`,
    );
  }
  const original = originals.images.subarray(i * values.length, (i + 1) * values.length);
  const exact = Float32Array.from(values);
  return quantise(original, exact, 1, isWithin(original, exact, budget) ? budget : NO_LIMIT);
}

function isWithin(original: Uint8Array, exact: Float32Array, { norm, epsilon }: Budget): boolean {
  const changes = Array.from(exact, (value, p) => Math.abs(value - original[p]! / 255));
  const limit = epsilon * (1 + TOLERANCE) + TOLERANCE / 255;
  switch (norm) {
    case 'LINF':
      return changes.every((change) => change <= limit);
    case 'L2':
      return Math.sqrt(changes.reduce((sum, change) => sum + change * change, 0)) <= limit;
    case 'L1':
      return changes.reduce((sum, change) => sum + change, 0) <= limit;
    case 'L0':
      return changes.filter((change) => change > 0.5 / 255).length <= epsilon;
  }
}

const invalid = (message: string) => new ComputeError('INVALID_IMAGES', message, ['array']);
