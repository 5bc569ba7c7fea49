/** The files of an upload, and which of them are meant. @module */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { baseName, namesOf } from './names.js';
import { ofSplit } from './parts.js';
import { invalidAt, type Upload, type UploadedFile } from './types.js';

/** Files of a folder and of those in it, in the order of Python's `sorted`, without what systems leave behind. */
export async function listFiles(directory: string): Promise<UploadedFile[]> {
  const files: UploadedFile[] = [];
  const walk = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) files.push({ name: `${prefix}${entry.name}`, path, size: (await stat(path)).size });
    }
  };
  await walk(directory, '');
  return files.sort((a, b) => byCodePoint(a.name, b.name));
}

/** Python compares texts by code points; JavaScript by code units, which differ for characters above U+FFFF. */
export const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The one file that is meant, and what to say about it. @param what it is, for the message. */
export function theOne(
  { files, split }: Upload,
  names: RegExp,
  what: string,
): { readonly file: UploadedFile; readonly notes: readonly string[] } {
  const { files: found, notes } = ofSplit(
    files.filter(({ name }) => names.test(baseName(name))),
    split,
  );
  if (found.length === 1) return { file: found[0]!, notes };
  const listed = found.map(({ name }) => name).slice(0, 5);
  throw invalidAt(
    found.length === 0 ? 'The upload' : listed.join(', '),
    found.length === 0
      ? `it has no file with ${what}. Its files: ${namesOf(files)}.`
      : `there are several files with ${what} of the split ${split.toUpperCase()}. Upload one.`,
  );
}

const CLASS_NAMES = /^(classes|class[-_]?names|labels?|label_names)\.txt$/i;
const MAXIMUM_TEXT = 16 * 2 ** 20;

/** One name a line, in the order of the numbers; undefined where there is no such file. @param names of the file. */
export async function classNamesFile(files: readonly UploadedFile[], names = CLASS_NAMES): Promise<readonly string[] | undefined> {
  const file = files.find(({ name }) => names.test(baseName(name)));
  if (!file) return undefined;
  const lines = (await readText(file)).split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** @throws ComputeError INVALID_DATASET where it is no text in UTF-8, or too long for one. */
export async function readText(file: UploadedFile): Promise<string> {
  if (file.size > MAXIMUM_TEXT) throw invalidAt(file.name, `it has ${file.size} bytes, too many for a text of names or labels.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file.path));
  } catch (error) {
    throw notUtf8(file, error);
  }
}

/** The text of a file of any size, piece by piece. @throws ComputeError INVALID_DATASET where it is no text in UTF-8. */
export async function* textOf(file: UploadedFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw notUtf8(file, error);
    }
  };
  for await (const bytes of createReadStream(file.path)) yield decode(bytes as Buffer);
  yield decode();
}

const notUtf8 = ({ name }: UploadedFile, error: unknown) => invalidAt(name, 'it is no text in UTF-8. Save it as UTF-8.', error);

/** Bytes of a file from its start, unzipped where its name ends in `.gz`. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly pending: Buffer[] = [];
  private available = 0;
  private taken = 0;

  constructor(private readonly file: UploadedFile) {
    const source = createReadStream(file.path, { highWaterMark: 1 << 18 });
    if (!file.name.endsWith('.gz')) this.chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    else {
      const gunzip = createGunzip();
      source.on('error', (error) => gunzip.destroy(error));
      gunzip.on('close', () => source.destroy());
      this.chunks = source.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    }
  }

  /** Exactly so many bytes. @throws ComputeError INVALID_DATASET where the file ends before. @param at row that they are of, for the message. */
  async take(length: number, at = ''): Promise<Buffer> {
    while (this.available < length) {
      const next = await this.next(at);
      if (next.done) {
        const found = this.taken + this.available;
        throw invalidAt(this.where(at), `the file ends after ${found} bytes, ${this.taken + length} are needed. Upload it again, whole.`);
      }
      this.pending.push(next.value);
      this.available += next.value.length;
    }
    this.available -= length;
    this.taken += length;
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const first = this.pending[0]!;
      parts.push(first.subarray(0, missing));
      if (first.length > missing) this.pending[0] = first.subarray(missing);
      else this.pending.shift();
      missing -= Math.min(missing, first.length);
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** @throws ComputeError INVALID_DATASET where there are bytes left. */
  async expectEnd(): Promise<void> {
    const next = this.available > 0 ? undefined : await this.next('');
    if (next?.done) return;
    await this.close();
    throw invalidAt(this.file.name, `the file goes on after the ${this.taken} bytes that its header declares.`);
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private async next(at: string): Promise<IteratorResult<Buffer>> {
    try {
      return await this.chunks.next();
    } catch (error) {
      throw invalidAt(this.where(at), `the file cannot be read: ${(error as Error).message}. Upload it again.`, error);
    }
  }

  private where(at: string): string {
    return at ? `${this.file.name}, ${at}` : this.file.name;
  }
}
