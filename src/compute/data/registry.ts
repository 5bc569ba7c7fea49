/** Formats of data sets, and the one way to open a data set. @module */
import { createHash } from 'node:crypto';
import { ComputeError } from '../errors.js';
import { findNamed } from '../parameters/index.js';
import { cifar10 } from './cifar10.js';
import { cifar10C } from './cifar10-c.js';
import { STORED_FORMAT, storedFormat } from './container.js';
import { fashionMnist } from './fashion-mnist.js';
import { imagenet, imagenet224 } from './imagenet.js';
import { imagenetC } from './imagenet-c.js';
import { bytesOfLevels } from '../tensors/index.js';
import { mnist } from './mnist.js';
import type { Dataset, DatasetFormat, DatasetSource, ExampleReader, RangeReader } from './types.js';

/** Of files that lie on the server. */
export const datasetFormats: readonly DatasetFormat[] = [mnist, fashionMnist, cifar10, cifar10C, imagenet, imagenet224, imagenetC];

/** @throws ComputeError INVALID_DATASET, naming the formats that there are. */
export function findDatasetFormat(name: string): DatasetFormat {
  if (name === STORED_FORMAT) return storedFormat;
  return findNamed(datasetFormats, name, 'INVALID_DATASET', 'format', 'data-set format');
}

/** Files behind a data set; where their sizes and times are unchanged, so is the data set. */
export function datasetFiles(source: DatasetSource): Promise<readonly string[]> {
  return findDatasetFormat(source.format).files(source);
}

/** Examples of a data set whose labels {@link openDataset} has checked before. @throws ComputeError INVALID_DATASET. */
export async function openExamples(source: DatasetSource, readRange?: RangeReader): Promise<ExampleReader> {
  const format = findDatasetFormat(source.format);
  if (source.resizing !== undefined && !format.resizings) {
    throw new ComputeError('INVALID_DATASET', `Images of ${format.title} all have one size: leave out \`resizing\`.`, ['resizing']);
  }
  return format.open(await format.files(source), source, readRange);
}

/**
 * Opens a data set. One without a fingerprint of its own is read once from end to end, which checks every label and gives it.
 * @param readRange of the store of a data set that lies in one. @throws ComputeError INVALID_DATASET with what to do about it.
 */
export async function openDataset(source: DatasetSource, readRange?: RangeReader): Promise<Dataset> {
  const reader = await openExamples(source, readRange);
  try {
    const { imageShape, classNames, exampleCount, bitDepth = 8 } = reader;
    if (exampleCount === 0) {
      const { title } = findDatasetFormat(source.format);
      throw new ComputeError('INVALID_DATASET', `The ${source.split} split of ${title} holds no examples.`);
    }
    const fingerprint = reader.fingerprint ?? (await scan(reader));
    return {
      info: { imageShape, classNames, exampleCount, bitDepth, fingerprint },
      source,
      read(offset, count) {
        const start = Math.min(Math.max(0, offset), exampleCount);
        return reader.read(start, Math.max(0, Math.min(count, exampleCount - start)));
      },
      close: () => reader.close(),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

const SCAN_BATCH = 500;

/** SHA-256 over shape, all pixels in order and all labels in order; the size of the batches read does not matter. */
async function scan(reader: ExampleReader): Promise<string> {
  const pixelHash = createHash('sha256');
  const labelHash = createHash('sha256');
  for (let offset = 0; offset < reader.exampleCount; offset += SCAN_BATCH) {
    const { images, labels } = await reader.read(offset, Math.min(SCAN_BATCH, reader.exampleCount - offset));
    for (const [i, label] of labels.entries()) {
      if (label < reader.classNames.length) continue;
      throw new ComputeError(
        'INVALID_DATASET',
        `Example ${offset + i} has label ${label}, but there are ${reader.classNames.length} classes. The file is damaged or of another format; fetch it again.`,
      );
    }
    pixelHash.update(bytesOfLevels(images));
    labelHash.update(Uint8Array.from(labels));
  }
  const header = JSON.stringify({ shape: reader.imageShape, count: reader.exampleCount });
  return createHash('sha256').update(header).update(pixelHash.digest()).update(labelHash.digest()).digest('hex');
}
