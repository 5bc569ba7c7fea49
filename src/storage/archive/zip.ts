/** Unpacking zip files. @module */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry } from 'yauzl';
import { waitForClose } from '../wait-for-close.js';
import { ArchiveError, safePath, type ArchiveMeter } from './limits.js';

export async function extractZip(file: string, directory: string, meter: ArchiveMeter): Promise<void> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false, decodeStrings: true });
  try {
    for await (const entry of zip.eachEntry()) {
      meter.entry();
      const path = safePath(entry.fileName);
      if (path.endsWith('/')) continue;
      if (isLink(entry)) throw new ArchiveError('INVALID_ARCHIVE', `The archive has a link: ${JSON.stringify(entry.fileName)}.`);
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
