/** Data sets that were made and not read. @module */
import { bitDepthOf, levelTypeOf } from '../tensors/index.js';
import type { Dataset, DatasetInfo, ImageBatch } from './types.js';

/** @param imageShape [height, width, channels]. */
export function inMemory({ images, labels }: ImageBatch, imageShape: DatasetInfo['imageShape'], classNames: readonly string[]): Dataset {
  const size = images.length / labels.length;
  return {
    info: { imageShape, classNames, exampleCount: labels.length, bitDepth: bitDepthOf(levelTypeOf(images)), fingerprint: '' },
    read: (offset, count) =>
      Promise.resolve({
        images: images.subarray(offset * size, (offset + count) * size),
        labels: labels.subarray(offset, offset + count),
      }),
    close: () => Promise.resolve(),
  };
}
