/** Unpacking zip files. @module */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry } from 'yauzl';
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
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          try {
            meter.add(chunk.length);
            done(null, chunk);
          } catch (error) {
            done(error as Error);
          }
        },
      });
      // `wx`: a name that comes twice is an error, not a second chance.
      await pipeline(await zip.openReadStreamPromise(entry), counted, createWriteStream(target, { flags: 'wx' }));
    }
  } finally {
    zip.close();
  }
}

/** Unix file type in the upper half of the external attributes: anything but a plain file (or unset). */
function isLink(entry: Entry): boolean {
  const type = (entry.externalFileAttributes >>> 16) & 0o170000;
  return type !== 0 && type !== 0o100000;
}
