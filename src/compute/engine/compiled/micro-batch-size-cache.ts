/**
 * Sizes of micro-batches that were measured before, kept on disk: a later process neither measures again nor, by choosing another size, ends
 * in other last digits.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';

const KEPT = 1000;

export class MicroBatchSizeCache {
  private readonly machine = cpus()[0]?.model ?? '';
  /** In this process: a function that is released and loaded again has the same size. */
  private readonly chosen = new LRUCache<string, Promise<number>>({ max: KEPT });

  /** @param directory where they are kept; undefined: nowhere. @param setting what a measurement holds for besides the function: provider, versions, threads. */
  constructor(
    private readonly directory: string | undefined,
    private readonly setting: string,
  ) {}

  /** The size kept for a function, or what `choose` finds, which is then kept. Where two processes choose at once, both take the first one's. */
  findOr(key: string, choose: () => Promise<number>): Promise<number> {
    const chosen = this.chosen.get(key) ?? this.onDiskOr(key, choose);
    this.chosen.set(key, chosen);
    // A failure is told to whoever waits; the next caller tries again.
    chosen.catch(() => this.chosen.delete(key));
    return chosen;
  }

  private async onDiskOr(key: string, choose: () => Promise<number>): Promise<number> {
    if (this.directory === undefined) return choose();
    const path = join(
      this.directory,
      createHash('sha256')
        .update(JSON.stringify([this.machine, this.setting, key]))
        .digest('hex'),
    );
    const known = await read(path);
    if (known !== undefined) return known;
    const chosen = await choose();
    try {
      await mkdir(this.directory, { recursive: true });
      await writeFile(path, String(chosen), { flag: 'wx' });
      return chosen;
    } catch {
      // Kept by another process meanwhile, or the folder cannot be written, which costs a measurement next time and nothing else.
      return (await read(path)) ?? chosen;
    }
  }
}

async function read(path: string): Promise<number | undefined> {
  try {
    const size = Number(await readFile(path, 'utf8'));
    return Number.isInteger(size) && size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
