/**
 * Examples of a data set in any order, for another thread: a small data set lies in memory that both share, a large one is opened there again and read from its files
 * as examples are asked for.
 * @module
 */
import { levelsFromBytes, levelTypeOf, levelTypeOfBits, makeLevels, sizeOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { batches, type Dataset, type DatasetInfo, type DatasetSource, type ExampleReader, type ImageBatch } from './types.js';

/** Images that are held in memory, in bytes, where nothing else is asked for: all of MNIST and CIFAR-10, a few thousand photographs. */
export const DEFAULT_DATA_MEMORY = 2 ** 30;

/** Examples read at once while memory is filled. */
const FILL_BATCH = 64;

/** What can be sent to the other thread. */
export interface SharedExamples {
  readonly info: Pick<DatasetInfo, 'imageShape' | 'exampleCount' | 'fingerprint' | 'bitDepth'>;
  readonly from: ImageBatch | DatasetSource;
}

export interface Examples {
  /** Those at `indices`, in that order. */
  read(indices: Uint32Array): Promise<ImageBatch>;
  close(): Promise<void>;
}

/** @param maximumBytes of images that are held in memory. Data sets that were made and not read lie there already. */
export async function shareExamples(dataset: Dataset, maximumBytes: number): Promise<SharedExamples> {
  const { imageShape, exampleCount, fingerprint, bitDepth } = dataset.info;
  const info = { imageShape, exampleCount, fingerprint, bitDepth };
  const size = sizeOf(imageShape);
  const bytes = exampleCount * size * (bitDepth / 8);
  if (dataset.source && bytes > maximumBytes) return { info, from: dataset.source };
  const images = levelsFromBytes(levelTypeOfBits(bitDepth), new Uint8Array(new SharedArrayBuffer(bytes)));
  const labels = new Int32Array(exampleCount);
  let done = 0;
  for await (const batch of batches(dataset, FILL_BATCH)) {
    images.set(batch.images, done * size);
    labels.set(batch.labels, done);
    done += batch.labels.length;
  }
  return { info, from: { images, labels } };
}

/** @throws ComputeError INVALID_DATASET where files are no longer those that were shared. */
export async function openShared({ info, from }: SharedExamples): Promise<Examples> {
  if ('images' in from) {
    const size = sizeOf(info.imageShape);
    return { read: (indices) => Promise.resolve(gather(from, indices, size)), close: () => Promise.resolve() };
  }
  // With it come decoders of pictures, which most threads do without.
  const { openExamples } = await import('./registry.js');
  const reader = await openExamples(from);
  if (reader.exampleCount < info.exampleCount || (reader.fingerprint ?? info.fingerprint) !== info.fingerprint) {
    await reader.close();
    throw new ComputeError('INVALID_DATASET', `The files of the data set ${from.format} have changed. Restore them, or register it again.`);
  }
  return { read: (indices) => readAt(reader, indices), close: () => reader.close() };
}

/** Reads each example by itself. Files are read and pictures decoded in the runtime's pool of threads, as many at once as that has. */
async function readAt(reader: ExampleReader, indices: Uint32Array): Promise<ImageBatch> {
  const size = sizeOf(reader.imageShape);
  const type = levelTypeOfBits(reader.bitDepth ?? 8);
  const batch: ImageBatch = { images: makeLevels(type, indices.length * size), labels: new Int32Array(indices.length) };
  const read = async (index: number, row: number) => {
    const { images, labels } = await reader.read(index, 1);
    batch.images.set(images, row * size);
    batch.labels.set(labels, row);
  };
  await Promise.all(Array.from(indices, read));
  return batch;
}

function gather({ images, labels }: ImageBatch, indices: Uint32Array, size: number): ImageBatch {
  const gathered = makeLevels(levelTypeOf(images), indices.length * size);
  for (const [row, index] of indices.entries()) gathered.set(images.subarray(index * size, (index + 1) * size), row * size);
  return { images: gathered, labels: Int32Array.from(indices, (index) => labels[index]!) };
}
