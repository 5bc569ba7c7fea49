/** Batches of images that were read, kept for who reads them again: pictures are decoded once for all attacks on them. @module */
import { LRUCache } from 'lru-cache';
import { type Holding, MemoryBudget } from '../memory/index.js';
import { sizeOf } from '../tensors/index.js';
import type { Dataset, ImageBatch } from './types.js';

/** Of the memory for computing, that images take at most, also where nothing else is there. */
const SHARE_OF_MEMORY = 1 / 8;

interface Entry {
  readonly batch: Promise<ImageBatch>;
  readonly holding: Holding;
}

export class KeptBatches {
  private readonly entries: LRUCache<string, Entry>;

  constructor(private readonly memory = new MemoryBudget()) {
    this.entries = new LRUCache({
      // The process that validates models has no limit of its own.
      maxSize: Math.max(1, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(SHARE_OF_MEMORY * memory.limit))),
      sizeCalculation: ({ holding }) => Math.max(1, holding.bytes),
      dispose: ({ holding }) => holding.drop(),
    });
  }

  /** The data set, whose `read` shares batches with other readers: they must not be changed. */
  of(dataset: Dataset): Dataset {
    return { ...dataset, read: (offset, count) => this.read(dataset, offset, count) };
  }

  clear(): void {
    this.entries.clear();
  }

  private read(dataset: Dataset, offset: number, count: number): Promise<ImageBatch> {
    const { fingerprint, imageShape, bitDepth } = dataset.info;
    const key = `${fingerprint} ${offset} ${count}`;
    const known = this.entries.get(key);
    if (known) return known.holding.use(() => known.batch);
    const bytes = count * sizeOf(imageShape) * (bitDepth / 8);
    const batch = this.memory.reserve(bytes, `Reading ${count} images`, () => dataset.read(offset, count));
    const forget = () => {
      if (this.entries.peek(key)?.batch === batch) this.entries.delete(key);
    };
    this.entries.set(key, { batch, holding: this.memory.hold('images', bytes, forget) });
    batch.catch(forget);
    return batch;
  }
}
