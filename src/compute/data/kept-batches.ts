/** Batches of images that were read, kept for who reads them again: pictures are decoded once for all attacks on them. @module */
import { LRUCache } from 'lru-cache';
import { sizeOf } from '../tensors/index.js';
import type { Dataset, ImageBatch } from './types.js';

/** A thousand pictures at 299×299. */
const MAXIMUM_BYTES = 2 ** 28;
/** Since a batch was last read. A server that rests gives the memory back. */
const KEPT_MS = 5 * 60_000;

export class KeptBatches {
  private readonly batches = new LRUCache<string, Promise<ImageBatch>>({
    maxSize: MAXIMUM_BYTES,
    ttl: KEPT_MS,
    ttlAutopurge: true,
    updateAgeOnGet: true,
  });

  /** The data set, whose `read` shares batches with other readers: they must not be changed. */
  of(dataset: Dataset): Dataset {
    return { ...dataset, read: (offset, count) => this.read(dataset, offset, count) };
  }

  clear(): void {
    this.batches.clear();
  }

  private read(dataset: Dataset, offset: number, count: number): Promise<ImageBatch> {
    const { fingerprint, imageShape } = dataset.info;
    const key = `${fingerprint} ${offset} ${count}`;
    const known = this.batches.get(key);
    if (known) return known;
    const batch = dataset.read(offset, count);
    this.batches.set(key, batch, { size: Math.max(1, count * sizeOf(imageShape)) });
    batch.catch(() => {
      if (this.batches.peek(key) === batch) this.batches.delete(key);
    });
    return batch;
  }
}
