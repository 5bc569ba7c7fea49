/** A map that keeps the entries used last, up to a number, and hands those that leave to `onEvict`. */
export class LruCache<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(
    private readonly capacity: number,
    private readonly onEvict: (value: V) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.entries.set(key, value);
    this.evictWhile(() => this.entries.size > this.capacity);
  }

  /** Drops all entries. */
  clear(): void {
    const evicted = [...this.entries.values()];
    this.entries.clear();
    evicted.forEach(this.onEvict);
  }

  /** Drops entries, the least recently used first and never the last one, as long as that is asked for. */
  evictWhile(tooMuch: (values: Iterable<V>) => boolean): void {
    for (const [oldest, evicted] of this.entries) {
      if (this.entries.size <= 1 || !tooMuch(this.entries.values())) return;
      this.entries.delete(oldest);
      this.onEvict(evicted);
    }
  }
}
