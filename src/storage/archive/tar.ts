/** Unpacking tar files, compressed with gzip or not. @module */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { waitForClose } from '../wait-for-close.js';
import { ArchiveError, safePath, type ArchiveMeter } from './limits.js';

const GZIP_MAGIC = 0x1f;

/** @param compressed by gzip. */
export async function extractTar(file: string, directory: string, meter: ArchiveMeter, compressed: boolean): Promise<void> {
  const parser = new Parser({ strict: true, brotli: false, zstd: false });
  const entries: ReadEntry[] = [];
  const writing: Promise<unknown>[] = [];
  let failure: unknown;
  let hasEnded = false;
  const failed = new AbortController();
  const fail = (error: unknown) => {
    failure ??= error;
    failed.abort();
  };
  /** The parser says nothing more after the failure of an entry. */
  const told = (event: string) => once(parser, event, { signal: failed.signal }).catch(fail);
  parser.on('error', fail);
  parser.on('eof', () => (hasEnded = true));
  parser.on('entry', (entry: ReadEntry) => {
    // The parser goes on to the next where one is destroyed.
    if (failure) return void entry.resume();
    // Destroyed before its file is open, it would throw this where it is destroyed.
    entry.on('error', fail);
    entries.push(entry);
    const work = writeEntry(entry, directory, meter).catch((error: unknown) => {
      fail(error);
      entry.resume();
    });
    writing.push(work);
  });
  try {
    let isFirst = true;
    for await (const chunk of bytesOf(file, compressed)) {
      meter.add(chunk.length);
      // The parser would unpack it again, all at once and without asking the meter.
      if (isFirst && chunk[0] === GZIP_MAGIC)
        throw new ArchiveError('INVALID_ARCHIVE', 'The archive is compressed twice. Compress it once.');
      isFirst = false;
      if (failure) break;
      // What comes after the end is counted, but the parser would keep it in memory.
      if (!hasEnded && !parser.write(chunk) && !failure) await told('drain');
    }
    if (!failure) {
      const end = told('end');
      parser.end();
      await end;
      await Promise.all(writing);
    }
  } catch (error) {
    fail(error);
  }
  if (!failure) return;
  for (const entry of entries) entry.destroy(failure as Error);
  await Promise.all(writing);
  throw failure;
}

function bytesOf(file: string, compressed: boolean): AsyncIterable<Buffer> {
  const source = createReadStream(file);
  if (!compressed) return source;
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip).on('close', () => source.destroy());
}

async function writeEntry(entry: ReadEntry, directory: string, meter: ArchiveMeter): Promise<void> {
  meter.entry();
  const path = safePath(entry.path);
  if (entry.type === 'Directory') return void entry.resume();
  if (entry.type !== 'File' && entry.type !== 'OldFile' && entry.type !== 'ContiguousFile') {
    throw new ArchiveError(
      'INVALID_ARCHIVE',
      `The archive has a ${entry.type}, only plain files are allowed: ${JSON.stringify(entry.path)}.`,
    );
  }
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  if (entry.destroyed) return;
  // `wx`: a name that comes twice is an error, not a second chance.
  const output = createWriteStream(target, { flags: 'wx' });
  await waitForClose(output, pipeline(entry, output));
}
