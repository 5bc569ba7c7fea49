/** A small cache of things that take long to make and must be disposed of. @module */

interface Entry<V> {
  readonly value: Promise<V>;
  users: number;
  evicted: boolean;
}

/** Keeps the `capacity` most recently used values. A value in use is never disposed of under its users. */
export class LruCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly capacity: number,
    private readonly dispose: (value: V) => Promise<void> | void,
  ) {}

  /** Runs `fn` on the value of `key`, made by `make` where it is not there. A failure to make it is not kept. */
  async use<T>(key: string, make: () => Promise<V>, fn: (value: V) => Promise<T> | T): Promise<T> {
    const entry = this.entries.get(key) ?? this.add(key, make);
    // Re-inserting makes it the most recent: a Map keeps the order of insertion.
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.users++;
    try {
      return await fn(await entry.value);
    } finally {
      entry.users--;
      if (entry.evicted) await this.disposeIfUnused(entry);
    }
  }

  async clear(): Promise<void> {
    for (const key of [...this.entries.keys()]) await this.evict(key);
  }

  private add(key: string, make: () => Promise<V>): Entry<V> {
    const entry: Entry<V> = { value: make(), users: 0, evicted: false };
    this.entries.set(key, entry);
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    const oldest = this.entries.keys().next().value;
    if (this.entries.size > this.capacity && oldest !== undefined) void this.evict(oldest);
    return entry;
  }

  private async evict(key: string): Promise<void> {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    entry.evicted = true;
    await this.disposeIfUnused(entry);
  }

  private async disposeIfUnused(entry: Entry<V>): Promise<void> {
    if (entry.users > 0) return;
    const made = await entry.value.then(
      (value) => ({ value }),
      () => undefined,
    );
    if (made) await this.dispose(made.value);
  }
}
