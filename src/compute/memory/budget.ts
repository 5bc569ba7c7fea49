/**
 * One budget for all that computing keeps in memory: compiled functions with their working memory, training programs, models, data sets and images.
 * What counts is the memory that the process really occupies. Before something new is made, what has not been used for longest is released until
 * there is room for it; and what has not been used for a while is released anyway.
 * @module
 */
import { ComputeError } from '../errors.js';
import { bytesInWords, defaultBudget } from './limits.js';
import { collectGarbage, residentBytes, returnFreedMemory } from './resident.js';

export type MemoryKind = 'functions' | 'programs' | 'models' | 'datasets' | 'images';

/** Something that is kept as long as there is room for it. */
export interface Holding {
  /** Bytes that it was found to take; more where it is seen to have grown. */
  bytes: number;
  /** Keeps it from being released while `fn` runs. */
  use<T>(fn: () => Promise<T> | T): Promise<T>;
  /** Its owner has released it. */
  drop(): void;
}

/** For the metrics endpoint, in bytes. */
export interface MemoryStatistics {
  readonly budget: number;
  /** That the process occupies. */
  readonly resident: number;
  /** That what is kept was found to take when it was made and first used. */
  readonly held: Readonly<Record<MemoryKind, number>>;
  /** How many things of each kind are kept. */
  readonly kept: Readonly<Record<MemoryKind, number>>;
  /** Things released for want of room, or because they were not used, since start. */
  readonly released: number;
}

export interface MemoryOptions {
  /** Bytes that the process may occupy. Default: half of the machine's or the container's. */
  readonly limit?: number;
  /** After so long without use, a thing is released. Default: 15 s for functions, 5 minutes for images, and a minute for the rest. */
  readonly idleMs?: number;
  /** What the process occupies; tests measure what they like. */
  readonly measure?: () => number;
}

/** Compiled functions are on disk, and back in less than a second. The next attack on the same images may begin minutes after the one before. */
const IDLE_MS: Readonly<Record<MemoryKind, number>> = {
  functions: 15_000,
  programs: 60_000,
  models: 60_000,
  datasets: 60_000,
  images: 5 * 60_000,
};

/** Of the budget, which is kept free where there is something idle: what a thing takes is estimated before it is made, and what it leaves behind is not known at all. */
const MARGIN = 0.05;

/** How often it is looked for what is idle. */
const LOOK_MS = 5_000;

interface Entry extends Holding {
  readonly kind: MemoryKind;
  readonly release: () => Promise<void> | void;
  users: number;
  lastUsed: number;
}

export class MemoryBudget {
  readonly limit: number;
  /** In the order of their last use. */
  private readonly entries = new Set<Entry>();
  private readonly measure: () => number;
  private readonly idleMs: number | undefined;
  /** What the process occupied before anything was computed. */
  private readonly base: number;
  private promised = 0;
  private released = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor({ limit = defaultBudget(), idleMs, measure = residentBytes }: MemoryOptions = {}) {
    this.limit = limit;
    this.idleMs = idleMs;
    this.measure = measure;
    this.base = measure();
  }

  /** Bytes that one thing can take where all else is released. */
  get available(): number {
    return Math.max(0, this.limit - this.base);
  }

  /** @throws ComputeError LIMIT_EXCEEDED where so many bytes do not fit even when all else is released. @param what needs them, as a sentence begins. */
  check(bytes: number, what: string): void {
    if (bytes <= this.available) return;
    throw new ComputeError(
      'LIMIT_EXCEEDED',
      `${what} needs ${bytesInWords(bytes)} of memory beside the ${bytesInWords(this.base)} that the server occupies, and ${bytesInWords(this.limit)} are allowed. Take a smaller model or batch, or have GAUNTLET_COMPUTE_MEMORY raised to ${bytesInWords(this.base + bytes)}.`,
      ['GAUNTLET_COMPUTE_MEMORY'],
    );
  }

  /**
   * Makes room for something, and keeps it free until `take` has ended: what others ask for meanwhile finds its own room.
   * @throws ComputeError as {@link check} does, before anything is released.
   */
  async reserve<T>(bytes: number, what: string, take: () => Promise<T>): Promise<T> {
    this.check(bytes, what);
    this.promised += bytes;
    try {
      await this.makeRoom();
      return await take();
    } finally {
      this.promised -= bytes;
    }
  }

  /** Has what is idle released where what was just made has taken more than was reserved for it. It must be in use, or it may be what is released. */
  settle(): Promise<void> {
    return this.makeRoom();
  }

  /** Keeps something until it is released. @param release frees it; it is in nobody's use then. */
  hold(kind: MemoryKind, bytes: number, release: () => Promise<void> | void): Holding {
    const entry: Entry = {
      kind,
      bytes,
      release,
      users: 0,
      lastUsed: performance.now(),
      use: async (fn) => {
        entry.users++;
        try {
          return await fn();
        } finally {
          entry.users--;
          this.touch(entry);
        }
      },
      drop: () => this.entries.delete(entry),
    };
    this.entries.add(entry);
    this.timer ??= setInterval(() => void this.releaseIdle(), Math.min(LOOK_MS, this.idleMs ?? LOOK_MS)).unref();
    return entry;
  }

  statistics(): MemoryStatistics {
    const held = { functions: 0, programs: 0, models: 0, datasets: 0, images: 0 };
    const kept = { ...held };
    for (const { kind, bytes } of this.entries) {
      held[kind] += bytes;
      kept[kind]++;
    }
    return { budget: this.limit, resident: this.measure(), held, kept, released: this.released };
  }

  /** Releases all that is not in use. */
  async releaseAll(): Promise<void> {
    await this.releaseWhere(() => true);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private touch(entry: Entry): void {
    entry.lastUsed = performance.now();
    if (this.entries.delete(entry)) this.entries.add(entry);
  }

  private excess(): number {
    return this.measure() + this.promised - (1 - MARGIN) * this.limit;
  }

  /** Garbage first, then what has not been used for longest. */
  private async makeRoom(): Promise<void> {
    if (this.excess() <= 0) return;
    giveBack();
    for (let excess = this.excess(); excess > 0; excess = this.excess()) {
      let freed = 0;
      // Things whose sizes add up to what is wanting, and then it is measured again.
      const count = await this.releaseWhere(({ bytes }) => {
        if (freed >= excess) return false;
        freed += bytes;
        return true;
      });
      // What is left is in use.
      if (count === 0) return;
    }
  }

  private async releaseIdle(): Promise<void> {
    const now = performance.now();
    await this.releaseWhere(({ kind, lastUsed }) => now - lastUsed >= (this.idleMs ?? IDLE_MS[kind]));
    if (this.entries.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  /** @returns how many of the things that nobody uses were chosen, the least recently used first, and released. */
  private async releaseWhere(chosen: (entry: Entry) => boolean): Promise<number> {
    const idle = [...this.entries].filter((entry) => entry.users === 0 && chosen(entry));
    for (const entry of idle) this.entries.delete(entry);
    // Of a worker that has crashed, nothing is left to release.
    await Promise.allSettled(idle.map(async (entry) => entry.release()));
    this.released += idle.length;
    if (idle.length > 0) giveBack();
    return idle.length;
  }
}

function giveBack(): void {
  collectGarbage();
  returnFreedMemory();
}
