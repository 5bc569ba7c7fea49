/**
 * Bytes by their SHA-256, in a folder. Workers on other machines share the folder.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isOlderThan } from './is-older-than.js';
import { waitForClose } from './wait-for-close.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a text may be an artifact's id. */
export const isArtifactId = (text: string) => SHA256.test(text);

export interface StoredBytes {
  /** SHA-256, hex. */
  readonly id: string;
  readonly size: number;
}

export class ArtifactStore {
  private readonly root: string;
  private readonly incoming: string;

  constructor(directory: string) {
    this.root = join(directory, 'sha256');
    this.incoming = join(directory, 'incoming');
  }

  async prepare(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    await mkdir(this.incoming, { recursive: true });
    // What a crash left half written. Other processes may be writing at this moment.
    for (const name of await readdir(this.incoming)) {
      const path = join(this.incoming, name);
      if (await isOlderThan(path, 86_400_000)) await rm(path, { force: true });
    }
  }

  /**
   * Writes to a temporary name, then renames: a crash leaves no artifact with half its bytes.
   * @param record writes down what comes, and calls `keep`, which renames.
   */
  async put(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    record: (stored: StoredBytes, keep: () => Promise<void>) => Promise<void> = (_stored, keep) => keep(),
  ): Promise<StoredBytes> {
    const temporary = join(this.incoming, randomUUID());
    const hash = createHash('sha256');
    let size = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      const file = createWriteStream(temporary);
      await waitForClose(file, pipeline(bytes, meter, file));
      const stored = { id: hash.digest('hex'), size };
      await record(stored, () => this.keep(temporary, stored.id));
      return stored;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Path of an artifact's bytes; they never change. */
  path(id: string): string {
    return join(this.root, id.slice(0, 2), id);
  }

  has(id: string): boolean {
    return existsSync(this.path(id));
  }

  async size(id: string): Promise<number> {
    return (await stat(this.path(id))).size;
  }

  /** @param range first byte and the byte after the last. */
  read(id: string, range?: { start: number; end: number }): Readable {
    return createReadStream(this.path(id), range && { start: range.start, end: range.end - 1 });
  }

  /** A part that is small enough for memory, such as one image. */
  async readRange(id: string, start: number, length: number): Promise<Uint8Array | undefined> {
    const file = await open(this.path(id));
    try {
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, start);
      return bytesRead === length ? buffer : undefined;
    } finally {
      await file.close();
    }
  }

  async delete(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** Ids of everything stored. */
  async list(): Promise<string[]> {
    const folders = await readdir(this.root);
    return (await Promise.all(folders.map((folder) => readdir(join(this.root, folder))))).flat();
  }

  private async keep(temporary: string, id: string): Promise<void> {
    const path = this.path(id);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  }
}
