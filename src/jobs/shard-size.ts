import { sizeOf } from '../compute/tensors/index.js';
import type { JobEnvironment } from './types.js';

/** Of the memory for computing, that the images of a shard may take. */
const SHARE = 0.25;
/** Images of a shard, as floats, that are there at once: what an optimizing attack keeps for each, and what passes to threads and back. */
const COPIES = 16;
const BYTES_PER_VALUE = 4;

/** Images to compute on at once: the shard size, or fewer where the images are large. No result depends on it. @param imageShape [height, width, channels] */
export function shardSizeFor(
  { shardSize, computeMemory }: Pick<JobEnvironment, 'shardSize' | 'computeMemory'>,
  imageShape: readonly number[],
): number {
  const bytes = COPIES * BYTES_PER_VALUE * sizeOf(imageShape);
  return Math.max(1, Math.min(shardSize, Math.floor((SHARE * computeMemory) / bytes)));
}
