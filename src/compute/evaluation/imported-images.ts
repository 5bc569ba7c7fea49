/** Imported adversarial images, and how they are judged. @module */
import { bothJudgings, type Budget, fromStored, type JudgedImages, toLevels } from '../distances/index.js';
import { type Dataset, readNpz } from '../data/index.js';
import { ComputeError } from '../errors.js';
import { type Levels, levelTypeOf, makeLevels, mostOf } from '../tensors/index.js';

export interface ImportedImages {
  /** A .npz archive: images of consecutive examples, `[n, height, width, channels]` or `[n, channels, height, width]`. */
  readonly file: string;
  /** Its array; may be left out where it is the only one. */
  readonly array?: string;
  readonly dataset: Dataset;
  /** Example that the first image belongs to. */
  readonly offset: number;
}

/** Float64 is the widest type. */
const WIDEST = 8;
/** Of what float16 and float32 make of a pixel and of a budget. */
const TOLERANCE = 1e-3;
const NO_LIMIT: Budget = { norm: 'LINF', epsilon: 1 };

/**
 * Reads and checks them; nothing is rounded yet.
 * @returns `[n, height, width, channels]`: 8 bits a channel, or fractions of the pixel range where not all of them are whole levels.
 * @throws ComputeError INVALID_IMAGES or LIMIT_EXCEEDED, saying what is expected.
 */
export async function importImages({
  file,
  array,
  dataset,
  offset,
}: ImportedImages): Promise<{ count: number; images: Uint8Array | Float32Array }> {
  const { imageShape, exampleCount, bitDepth } = dataset.info;
  const size = imageShape.reduce((product, length) => product * length, 1);
  const left = exampleCount - offset;
  const given = await readNpz(file, array, left * size * WIDEST);
  const [count] = given.shape as [number];
  if (count < 1 || count > left) throw invalid(`The array has ${count} images; from example ${offset} on, the data set has 1 to ${left}.`);
  const pixelAt = positions(given.shape.slice(1), imageShape);
  const isBytes = given.data instanceof Uint8Array;
  if (isBytes && bitDepth !== 8) throw invalid('The array is of 8 bits, the data set is of more. Save floats from 0 to 1.');
  const images = isBytes ? new Uint8Array(count * size) : new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const values = pixelAt.map((position) => given.data[i * size + position]!);
    images.set(isBytes ? values : fractions(values, i), i * size);
  }
  return { count, images: images instanceof Uint8Array || bitDepth !== 8 ? images : inLevelsIfWhole(images) };
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

/** @param i number of the image, for the message. */
function fractions(values: readonly number[], i: number): readonly number[] {
  if (!values.every((value) => value >= -TOLERANCE / 255 && value <= 1 + TOLERANCE / 255)) {
    throw invalid(
      `Image ${i} has values outside of 0 to 1. Divide pixel values by 255, undo the normalisation of the model, or save uint8.`,
    );
  }
  return values.map((value) => Math.min(1, Math.max(0, value)));
}

/** As 8 bits a channel, where that is all that there is. */
function inLevelsIfWhole(images: Float32Array): Uint8Array | Float32Array {
  const isWhole = images.every((value) => Math.abs(255 * value - Math.round(255 * value)) <= TOLERANCE);
  return isWhole ? toLevels(images) : images;
}

/**
 * Imported images as both judgings have them. An image that keeps to its budget still does afterwards; one that does not is only rounded, so that the audit
 * finds it.
 * @param originals `[n, ...]`, in the data's levels. @param imported the same shape, as {@link importImages} gives them.
 */
export function bothWays(originals: Levels, imported: Levels, n: number, budget: Budget): JudgedImages {
  if (!(imported instanceof Float32Array)) return { stored: imported, exact: Float32Array.from(fromStored(imported, [n]).data) };
  const made = { stored: makeLevels(levelTypeOf(originals), originals.length), exact: new Float32Array(originals.length) };
  const size = originals.length / Math.max(1, n);
  for (let start = 0; start < originals.length; start += size) {
    const [original, exact] = [originals.subarray(start, start + size), imported.subarray(start, start + size)];
    const limit = isWithin(original, exact, budget) ? budget : NO_LIMIT;
    const { stored, exact: floats } = bothJudgings(original, exact, 1, limit);
    made.stored.set(stored, start);
    made.exact.set(floats, start);
  }
  return made;
}

function isWithin(original: Levels, exact: Float32Array, { norm, epsilon }: Budget): boolean {
  const most = mostOf(original);
  const changes = Array.from(exact, (value, p) => Math.abs(value - original[p]! / most));
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
