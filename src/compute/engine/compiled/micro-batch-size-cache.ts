/**
 * Sizes of micro-batches that were measured before, kept on disk: a later process neither measures again nor, by choosing another size, ends
 * in other last digits.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

export class MicroBatchSizeCache {
  private readonly machine = cpus()[0]?.model ?? '';

  /** @param directory where they are kept; undefined: nowhere. @param setting what a measurement holds for besides the function: provider, versions, threads. */
  constructor(
    private readonly directory: string | undefined,
    private readonly setting: string,
  ) {}

  /** The size kept for a function, or what `choose` finds, which is then kept. Where two processes choose at once, both take the first one's. */
  async findOr(key: string, choose: () => Promise<number>): Promise<number> {
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
