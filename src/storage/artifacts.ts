/**
 * Bytes by their SHA-256, in a folder or in an object store.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactMissing, StoreUnavailable } from './errors.js';
import { isOlderThan } from './is-older-than.js';
import type { LocalCache } from './local-cache.js';
import type { ByteRange, ObjectStore } from './objects/types.js';
import { waitForClose } from './wait-for-close.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a text may be an artifact's id. */
export const isArtifactId = (text: string) => SHA256.test(text);

export interface StoredBytes {
  /** SHA-256, hex. */
  readonly id: string;
  readonly size: number;
}

export interface StoredArtifact extends StoredBytes {
  /** When it was put, by the clock of the store. */
  readonly modified: Date;
}

/** Writes down what comes, and calls `keep`, after which the bytes are in the store. */
export type Record = (stored: StoredBytes, keep: () => Promise<void>) => Promise<void>;

const UNFINISHED_MS = 86_400_000;

/** Of the keys of artifacts, as a folder. */
export const ARTIFACTS_PREFIX = 'sha256';
const PREFIX = `${ARTIFACTS_PREFIX}/`;
const keyOf = (id: string) => `${PREFIX}${id.slice(0, 2)}/${id}`;

/** Writing a file fails by this where the disk is full or too many files are open, which says nothing about the bytes. */
const isFileTrouble = (error: unknown): error is NodeJS.ErrnoException =>
  ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'EROFS', 'ESTALE'].includes((error as NodeJS.ErrnoException).code ?? '');

export class ArtifactStore {
  /** @param cache of files of this machine, for artifacts that are elsewhere. */
  constructor(
    private readonly objects: ObjectStore,
    private readonly cache: LocalCache,
  ) {}

  /**
   * Stores bytes of any number: they go to a file of this machine first, as their hash is known at their end.
   * @param isReadHere whether {@link useFile} is about to be asked for them on this machine.
   */
  async put(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, record?: Record, isReadHere = false): Promise<StoredBytes> {
    const temporary = join(this.objects.spool, randomUUID());
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
      const stored = await this.store(temporary, { id: hash.digest('hex'), size }, record);
      // Where that fails, the bytes are fetched.
      if (isReadHere && !this.objects.localPath)
        await this.cache.open(stored.id, (target) => rename(temporary, target)).catch(() => undefined);
      return stored;
    } catch (error) {
      throw isFileTrouble(error) ? new StoreUnavailable(this.objects.spool, error) : error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Stores a file of this machine, which is gone afterwards. @param stored what it is known to hold. */
  async putFile(path: string, stored: StoredBytes, record?: Record): Promise<void> {
    await this.store(path, stored, record);
    await rm(path, { force: true });
  }

  async has(id: string): Promise<boolean> {
    return (await this.objects.head(keyOf(id))) !== undefined;
  }

  /** The stream fails with ArtifactMissing or StoreUnavailable. */
  read(id: string, range?: ByteRange): Readable {
    return this.objects.read(keyOf(id), range);
  }

  /** A part that is small enough for memory, such as one image; undefined where the artifact ends before it does. */
  async readRange(id: string, start: number, length: number): Promise<Uint8Array | undefined> {
    if (length === 0) return new Uint8Array(0);
    const bytes = new Uint8Array(length);
    let position = 0;
    for await (const chunk of this.read(id, { start, end: start + length })) {
      bytes.set(chunk as Uint8Array, position);
      position += (chunk as Uint8Array).length;
    }
    return position === length ? bytes : undefined;
  }

  /**
   * Runs `use` with the path of a file of this machine that has the bytes and must not be changed. It is fetched where the store is elsewhere, and kept for the next use.
   * @throws ArtifactMissing, StoreUnavailable.
   */
  async useFile<Result>(id: string, use: (path: string) => Promise<Result>): Promise<Result> {
    const release = this.cache.hold(id);
    try {
      return await use(await this.localFile(id));
    } finally {
      release();
    }
  }

  /** The path of such a file, for callers that hold the entry of the cache under the artifact's id themselves. @throws ArtifactMissing, StoreUnavailable. */
  async localFile(id: string): Promise<string> {
    const path = this.objects.localPath?.(keyOf(id));
    if (path === undefined) return this.cache.open(id, (target) => this.fetch(id, target));
    if (!(await this.has(id))) throw new ArtifactMissing(keyOf(id));
    return path;
  }

  /** A file of this machine where the bytes lie in one, else their number, to read them by {@link readRange}. @throws ArtifactMissing, StoreUnavailable. */
  async locate(id: string): Promise<{ readonly path: string } | { readonly size: number }> {
    const path = this.objects.localPath ? await this.localFile(id) : await this.cache.find(id);
    if (path !== undefined) return { path };
    const found = await this.objects.head(keyOf(id));
    if (!found) throw new ArtifactMissing(keyOf(id));
    return { size: found.size };
  }

  async delete(id: string): Promise<void> {
    await this.objects.delete(keyOf(id));
    await this.cache.delete(id);
  }

  /** Everything that is stored, in the order of ids. */
  async *list(): AsyncGenerator<StoredArtifact> {
    for await (const { key, ...found } of this.objects.list(PREFIX)) {
      const id = key.slice(key.lastIndexOf('/') + 1);
      if (isArtifactId(id)) yield { id, ...found };
    }
  }

  /** Removes what was begun and not finished by processes that were killed, and is older than a day. Others may be at work at this moment. */
  async removeUnfinished(): Promise<void> {
    const { spool } = this.objects;
    for (const name of await readdir(spool)) {
      const path = join(spool, name);
      if (await isOlderThan(path, UNFINISHED_MS)) await rm(path, { recursive: true, force: true });
    }
    await this.objects.removeUnfinished?.(new Date(Date.now() - UNFINISHED_MS));
  }

  /** Rejects where the store cannot be reached. */
  async check(): Promise<void> {
    await this.objects.head('installation.json');
  }

  private async store(path: string, stored: StoredBytes, record: Record = (_stored, keep) => keep()): Promise<StoredBytes> {
    const key = keyOf(stored.id);
    const keep = async () => {
      if (!(await this.has(stored.id))) await this.objects.putFile(key, path);
    };
    // Before a transaction begins, which a network would hold up. Others may delete the same bytes in between, so `keep` looks again.
    if (this.objects.isRemote) await keep();
    await record(stored, keep);
    return stored;
  }

  private async fetch(id: string, target: string): Promise<void> {
    const hash = createHash('sha256');
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      const file = createWriteStream(target);
      await waitForClose(file, pipeline(this.read(id), meter, file));
    } catch (error) {
      throw isFileTrouble(error) ? new StoreUnavailable(target, error) : error;
    }
    if (hash.digest('hex') !== id) throw new ArtifactMissing(keyOf(id), { cause: new Error('Its bytes have another SHA-256.') });
  }
}
