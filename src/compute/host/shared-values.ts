/** Things that take long to make, are used by several at once, and must be disposed of. @module */
import { LRUCache } from 'lru-cache';
import { type Holding, MemoryBudget, type MemoryKind, residentBytes } from '../memory/index.js';

interface Entry<V> {
  readonly value: Promise<V>;
  readonly holding: Holding;
  users: number;
  evicted: boolean;
  disposed?: Promise<void>;
}

export interface SharedValuesOptions<V> {
  /** Most values that are kept, as far as there is memory for them. */
  readonly capacity: number;
  readonly kind: MemoryKind;
  readonly memory?: MemoryBudget;
  dispose(value: V): Promise<void> | void;
}

/** Keeps the most recently used values. A value in use is never disposed of under its users. */
export class SharedValues<V> {
  private readonly entries: LRUCache<string, Entry<V>>;
  private readonly kind: MemoryKind;
  private readonly memory: MemoryBudget;
  private readonly dispose: (value: V) => Promise<void> | void;

  constructor({ capacity, kind, dispose, memory = new MemoryBudget() }: SharedValuesOptions<V>) {
    this.kind = kind;
    this.memory = memory;
    this.dispose = dispose;
    this.entries = new LRUCache({
      max: capacity,
      disposeAfter: (entry) => {
        entry.evicted = true;
        entry.holding.drop();
        void this.disposeIfUnused(entry);
      },
    });
  }

  /** Runs `fn` on the value of `key`, made by `make` where it is not there. A failure to make it is not kept. */
  async use<T>(key: string, make: () => Promise<V>, fn: (value: V) => Promise<T> | T): Promise<T> {
    const entry = this.entries.get(key) ?? this.add(key, make);
    entry.users++;
    try {
      return await entry.holding.use(async () => fn(await entry.value));
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
    const before = residentBytes();
    const evict = async () => {
      if (this.entries.peek(key) === entry) this.entries.delete(key);
      await this.disposeIfUnused(entry);
    };
    const entry: Entry<V> = { value: make(), holding: this.memory.hold(this.kind, 0, evict), users: 0, evicted: false };
    this.entries.set(key, entry);
    entry.value.then(
      () => (entry.holding.bytes = Math.max(0, residentBytes() - before)),
      () => void (this.entries.peek(key) === entry && this.entries.delete(key)),
    );
    return entry;
  }

  private async disposeIfUnused(entry: Entry<V>): Promise<void> {
    if (!entry.evicted || entry.users > 0) return;
    entry.disposed ??= entry.value.then(this.dispose, () => undefined);
    await entry.disposed;
  }
}
