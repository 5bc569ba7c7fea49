import { sizeOf } from '../compute/tensors/index.js';
import type { JobEnvironment } from './types.js';

/** Of the memory for computing, that the images of a shard may take. */
const SHARE_OF_MEMORY = 0.25;
/** Images of a shard, as floats, that are there at once: what an optimizing attack keeps for each, and what passes to threads and back. */
const COPIES = 16;
const BYTES_PER_VALUE = 4;
/**
 * Bytes of a shard's images as they are stored, 32 at 224×224: decoding the first shard and measuring the last are beside no attack, and so are to be short.
 */
const SHARD_BYTES = 5 * 2 ** 20;
/** Shards of large images are multiples of this, so that each core has its share of them. */
export const MULTIPLE = 16;

/** Images to compute on at once: the shard size, or fewer where the images are large. No result depends on it. @param imageShape [height, width, channels] */
export function shardSizeFor(
  { shardSize, computeMemory }: Pick<JobEnvironment, 'shardSize' | 'computeMemory'>,
  imageShape: readonly number[],
): number {
  const size = sizeOf(imageShape);
  const inMemory = Math.floor((SHARE_OF_MEMORY * computeMemory) / (COPIES * BYTES_PER_VALUE * size));
  const inBytes = Math.max(1, Math.floor(SHARD_BYTES / size / MULTIPLE)) * MULTIPLE;
  return Math.max(1, Math.min(shardSize, inMemory, inBytes));
}
