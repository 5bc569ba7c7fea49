/** Unpacking zip files. @module */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { waitForClose } from '../wait-for-close.js';
import { ArchiveError, safePath, type ArchiveMeter } from './limits.js';

export async function extractZip(file: string, directory: string, meter: ArchiveMeter): Promise<void> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: true });
  try {
    for await (const entry of entriesOf(zip)) {
      meter.entry();
      const path = safePath(entry.fileName);
      if (path.endsWith('/')) continue;
      if (isLink(entry)) throw new ArchiveError('INVALID_ARCHIVE', `The archive has a link: ${JSON.stringify(entry.fileName)}.`);
      checkReadable(entry);
      const target = join(directory, path);
      await mkdir(dirname(target), { recursive: true });
      // `wx`: a name that comes twice is an error, not a second chance.
      const source = await zip.openReadStreamPromise(entry);
      const output = createWriteStream(target, { flags: 'wx' });
      await waitForClose(
        output,
        pipeline(source, (chunks: AsyncIterable<Buffer>) => checked(chunks, entry, meter), output),
      );
    }
  } finally {
    zip.close();
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    const { message } = error as Error;
    // As yauzl checks names.
    if (!/^(absolute path|invalid relative path): /.test(message)) throw error;
    throw new ArchiveError('INVALID_ARCHIVE', `The archive has an entry that leads outside of it: ${message}.`, { cause: error });
  }
}

const [STORED, DEFLATE] = [0, 8];

/** Other methods of compression by their numbers (APPNOTE.TXT 4.4.5). */
const METHODS: Readonly<Record<number, string>> = { 9: 'Deflate64', 12: 'bzip2', 14: 'LZMA', 93: 'Zstandard', 95: 'XZ' };

function checkReadable(entry: Entry): void {
  const name = JSON.stringify(entry.fileName);
  if (entry.isEncrypted()) throw new ArchiveError('INVALID_ARCHIVE', `${name} in the zip is encrypted. Make the zip without a password.`);
  const method = entry.compressionMethod;
  if (method === STORED || method === DEFLATE) return;
  throw new ArchiveError(
    'INVALID_ARCHIVE',
    `${name} in the zip is compressed by ${METHODS[method] ?? `method ${method}`}, which is not read. Make the zip with Deflate, as zip and Python's zipfile.ZIP_DEFLATED do.`,
  );
}

/** The same bytes, counted; yauzl leaves their checksum to its callers. */
async function* checked(chunks: AsyncIterable<Buffer>, entry: Entry, meter: ArchiveMeter): AsyncGenerator<Buffer> {
  let sum = 0;
  for await (const chunk of chunks) {
    meter.add(chunk.length);
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum === entry.crc32) return;
  throw new ArchiveError(
    'INVALID_ARCHIVE',
    `The bytes of ${JSON.stringify(entry.fileName)} do not match the checksum in the zip. Upload the archive again.`,
  );
}

/** Unix file type in the upper half of the external attributes: anything but a plain file (or unset). */
function isLink(entry: Entry): boolean {
  const type = (entry.externalFileAttributes >>> 16) & 0o170000;
  return type !== 0 && type !== 0o100000;
}
