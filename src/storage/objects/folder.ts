/** Objects as files of a folder, of this machine or shared by several. @module */
import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactMissing, StoreUnavailable } from '../errors.js';
import type { ByteRange, ObjectInfo, ObjectStore } from './types.js';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

export class FolderStore implements ObjectStore {
  readonly spool: string;
  readonly isRemote = false;

  constructor(readonly location: string) {
    this.spool = join(location, 'incoming');
  }

  prepare(): Promise<void> {
    return this.attempt(async () => void (await mkdir(this.spool, { recursive: true })));
  }

  /** Renamed into place: a crash leaves no object with half its bytes. */
  putFile(key: string, path: string): Promise<void> {
    return this.attempt(async () => {
      const target = this.localPath(key);
      await mkdir(dirname(target), { recursive: true });
      try {
        await rename(path, target);
      } catch (error) {
        if (codeOf(error) !== 'EXDEV') throw error;
        // From another file system, so to a file beside it first.
        await this.beside(async (copy) => {
          await copyFile(path, copy);
          await rename(copy, target);
        });
      }
    });
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    return this.attempt(() =>
      this.beside(async (candidate) => {
        const target = this.localPath(key);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(candidate, bytes, { mode: 0o600 });
        try {
          await link(candidate, target);
          return true;
        } catch (error) {
          if (codeOf(error) === 'EEXIST') return false;
          // A file system without hard links: not whole at once, but never over what is there.
          return copyFile(candidate, target, constants.COPYFILE_EXCL).then(
            () => true,
            (failure: unknown) => {
              if (codeOf(failure) === 'EEXIST') return false;
              throw failure;
            },
          );
        }
      }),
    );
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.attempt(async () => {
      try {
        const { size, mtime } = await stat(this.localPath(key));
        return { key, size, modified: mtime };
      } catch (error) {
        if (!(await this.isAbsence(error))) throw error;
        return undefined;
      }
    });
  }

  read(key: string, range?: ByteRange): Readable {
    return Readable.from(this.chunks(key, range), { objectMode: false });
  }

  delete(key: string): Promise<void> {
    return this.attempt(() => rm(this.localPath(key), { force: true }));
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    const entries = await this.attempt(async () => {
      try {
        return await readdir(this.localPath(prefix), { withFileTypes: true });
      } catch (error) {
        if (!(await this.isAbsence(error))) throw error;
        return [];
      }
    });
    const byName = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of byName) {
      const key = `${prefix}${entry.name}`;
      if (entry.isDirectory()) yield* this.list(`${key}/`);
      // Undefined where it was deleted in the meantime.
      const found = entry.isFile() && (await this.head(key));
      if (found) yield found;
    }
  }

  localPath(key: string): string {
    return join(this.location, ...key.split('/'));
  }

  close(): void {}

  private async *chunks(key: string, range?: ByteRange): AsyncGenerator<Buffer> {
    const file = createReadStream(this.localPath(key), range && { start: range.start, end: range.end - 1 });
    try {
      for await (const chunk of file) yield chunk as Buffer;
    } catch (error) {
      if (await this.isAbsence(error)) throw new ArtifactMissing(key, { cause: error });
      throw this.unavailable(error);
    }
  }

  /** Runs `use` with the path of a new file in the same file system, which is removed. */
  private async beside<Result>(use: (path: string) => Promise<Result>): Promise<Result> {
    const path = join(this.spool, randomUUID());
    try {
      return await use(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Nothing is there; in a folder that is itself gone, as when it is not mounted, that says nothing. */
  private async isAbsence(error: unknown): Promise<boolean> {
    if (codeOf(error) !== 'ENOENT') return false;
    return stat(this.spool).then(
      () => true,
      () => false,
    );
  }

  private async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  private unavailable(error: unknown): Error {
    if (error instanceof StoreUnavailable) return error;
    return new StoreUnavailable(this.location, error);
  }
}
