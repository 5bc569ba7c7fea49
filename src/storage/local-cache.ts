/**
 * Files and folders that can be made again, such as unpacked models, in a folder of this machine. The least recently used are removed when there are too many.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isOlderThan } from './is-older-than.js';

/** Processes on one folder do not know what others hold: what was used a moment ago stays, and what is held is marked as used in between. */
const YOUNG_MS = 120_000;
const MARK_INTERVAL_MS = 30_000;

const TEMPORARY = 'tmp-';

/** An entry is a folder with this in it: the time of the folder says when it was last used, and what is in it does not change. */
const CONTENT = 'content';

export class LocalCache {
  /** Names that are held by this process, and how often. */
  private readonly held = new Map<string, number>();
  private readonly making = new Map<string, Promise<void>>();
  private readonly marking: NodeJS.Timeout;

  /** @param maximumBytes of everything together. What is in use stays beyond that. @param youngMs how long after its use an entry stays in any case. */
  constructor(
    private readonly directory: string,
    private readonly maximumBytes: number,
    private readonly youngMs = YOUNG_MS,
  ) {
    this.marking = setInterval(() => void Promise.all([...this.held.keys()].map((name) => this.mark(name))), MARK_INTERVAL_MS);
    this.marking.unref();
  }

  /**
   * Path of the entry `name`, made by `make` where it is not there.
   * @param make writes a file or a folder at the path that it is given.
   */
  async open(name: string, make: (path: string) => Promise<void>): Promise<string> {
    const content = join(this.path(name), CONTENT);
    if (existsSync(content)) await this.mark(name);
    else {
      let made = this.making.get(name);
      if (!made) {
        made = this.make(name, make);
        this.making.set(name, made);
        void made.catch(() => undefined).then(() => this.making.delete(name));
      }
      await made;
      await this.evict();
    }
    return content;
  }

  /** Path of the entry `name`; undefined where it is not there. */
  async find(name: string): Promise<string | undefined> {
    const content = join(this.path(name), CONTENT);
    if (!existsSync(content)) return undefined;
    await this.mark(name);
    return content;
  }

  /** Keeps an entry, made or not, until the function that this returns is called. */
  hold(name: string): () => void {
    this.held.set(name, (this.held.get(name) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = this.held.get(name)! - 1;
      if (left > 0) this.held.set(name, left);
      else this.held.delete(name);
    };
  }

  /** A new path in the folder, for its user to remove; the sweep does where nobody did. */
  async temporaryPath(): Promise<string> {
    await mkdir(this.directory, { recursive: true });
    return join(this.directory, `${TEMPORARY}${randomUUID()}`);
  }

  /** A new path in the folder, removed when `use` ends. */
  async temporary<Result>(use: (path: string) => Promise<Result>): Promise<Result> {
    const path = await this.temporaryPath();
    try {
      return await use(path);
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  /** Names of its entries. */
  async names(): Promise<string[]> {
    return (await this.entries()).filter((name) => !name.startsWith(TEMPORARY));
  }

  async delete(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
  }

  /** Removes what a crash left half made, and entries of which `isWanted` is false. Younger ones may be in use. */
  async sweep(isWanted: (name: string) => boolean): Promise<void> {
    for (const name of await this.entries()) {
      if (!name.startsWith(TEMPORARY) && isWanted(name)) continue;
      if (!this.held.has(name) && (await isOlderThan(this.path(name), 3_600_000))) await this.delete(name);
    }
    await this.evict();
  }

  close(): void {
    clearInterval(this.marking);
  }

  /** Made beside its place and moved there whole. Another process may be faster with the same bytes. */
  private make(name: string, make: (path: string) => Promise<void>): Promise<void> {
    return this.temporary(async (entry) => {
      await mkdir(entry);
      await make(join(entry, CONTENT));
      await rename(entry, this.path(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    });
  }

  private async evict(): Promise<void> {
    const entries = await Promise.all(
      (await this.names()).map(async (name) => {
        const found = await stat(this.path(name)).catch(() => undefined);
        return found && { name, used: found.mtimeMs, bytes: await bytesOf(this.path(name)) };
      }),
    );
    const oldestFirst = entries.filter((entry) => entry !== undefined).sort((a, b) => a.used - b.used);
    let bytes = oldestFirst.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of oldestFirst) {
      if (bytes <= this.maximumBytes) return;
      if (this.held.has(entry.name) || entry.used > Date.now() - this.youngMs) continue;
      await this.delete(entry.name);
      bytes -= entry.bytes;
    }
  }

  private async mark(name: string): Promise<void> {
    const now = new Date();
    // Another process may have removed it.
    await utimes(this.path(name), now, now).catch(() => undefined);
  }

  private entries(): Promise<string[]> {
    return readdir(this.directory).catch(() => []);
  }

  private path(name: string): string {
    return join(this.directory, name);
  }
}

/** Of a file, or of everything in a folder. */
async function bytesOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
