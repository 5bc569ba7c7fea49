/** Things that take long to make, are used by several at once, and must be disposed of. @module */
import { LRUCache } from 'lru-cache';

interface Entry<V> {
  readonly value: Promise<V>;
  users: number;
  evicted: boolean;
  disposed?: Promise<void>;
}

/** Keeps the `capacity` most recently used values. A value in use is never disposed of under its users. */
export class SharedValues<V> {
  private readonly entries: LRUCache<string, Entry<V>>;

  constructor(
    capacity: number,
    private readonly dispose: (value: V) => Promise<void> | void,
  ) {
    this.entries = new LRUCache({
      max: capacity,
      disposeAfter: (entry) => {
        entry.evicted = true;
        void this.disposeIfUnused(entry);
      },
    });
  }

  /** Runs `fn` on the value of `key`, made by `make` where it is not there. A failure to make it is not kept. */
  async use<T>(key: string, make: () => Promise<V>, fn: (value: V) => Promise<T> | T): Promise<T> {
    const entry = this.entries.get(key) ?? this.add(key, make);
    entry.users++;
    try {
      return await fn(await entry.value);
    } finally {
      entry.users--;
      await this.disposeIfUnused(entry);
    }
  }

  async clear(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(entries.map((entry) => this.disposeIfUnused(entry)));
  }

  private add(key: string, make: () => Promise<V>): Entry<V> {
    const entry: Entry<V> = { value: make(), users: 0, evicted: false };
    this.entries.set(key, entry);
    entry.value.catch(() => {
      if (this.entries.peek(key) === entry) this.entries.delete(key);
    });
    return entry;
  }

  private async disposeIfUnused(entry: Entry<V>): Promise<void> {
    if (!entry.evicted || entry.users > 0) return;
    entry.disposed ??= entry.value.then(this.dispose, () => undefined);
    await entry.disposed;
  }
}
