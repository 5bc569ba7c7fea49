/** Random access to a file's bytes, gzip or not. @module */
import { open, readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { ComputeError } from '../errors.js';
import type { RangeReader, StoredFile } from './types.js';

export interface ByteSource {
  readonly path: string;
  /** Bytes, after decompression. */
  readonly size: number;
  /** Exactly `length` bytes from `position`, which the caller knows to be there. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Most bytes that a gzip file may unfold to. Gzip has no random access, so its content is held in memory. */
const MAXIMUM_UNZIPPED_BYTES = 1 << 30;

/** @throws ComputeError INVALID_DATASET where the file cannot be opened or unzipped. */
export async function openByteSource(path: string): Promise<ByteSource> {
  try {
    return path.endsWith('.gz') ? await unzipped(path) : await plain(path);
  } catch (error) {
    throw new ComputeError(
      'INVALID_DATASET',
      `Cannot read ${path}: ${(error as Error).message}. Check that the file is complete and readable.`,
      [path],
      {
        cause: error,
      },
    );
  }
}

/** Read at once, so that no more than one such piece is in memory twice. */
const PIECE_BYTES = 8 * 2 ** 20;

/** A file that lies in a store elsewhere. Nothing of it is kept. */
export const storedByteSource = ({ id, size }: StoredFile, readRange: RangeReader): ByteSource => ({
  path: id,
  size,
  async read(position, length) {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; done += PIECE_BYTES)
      bytes.set(await readRange(id, position + done, Math.min(PIECE_BYTES, length - done)), done);
    return bytes;
  },
  close: () => Promise.resolve(),
});

async function unzipped(path: string): Promise<ByteSource> {
  const bytes = gunzipSync(await readFile(path), { maxOutputLength: MAXIMUM_UNZIPPED_BYTES });
  return {
    path,
    size: bytes.length,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
    close: () => Promise.resolve(),
  };
}

async function plain(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  const file = await open(path, 'r');
  return {
    path,
    size,
    async read(position, length) {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
        if (bytesRead === 0)
          throw new ComputeError('INVALID_DATASET', `${path} became shorter while it was read. Restore the file.`, [path]);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
