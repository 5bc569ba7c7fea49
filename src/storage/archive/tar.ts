/** Unpacking tar files, compressed with gzip or not. @module */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { ArchiveError, safePath, type ArchiveMeter } from './limits.js';

export async function extractTar(file: string, directory: string, meter: ArchiveMeter): Promise<void> {
  const parser = new Parser({ strict: true });
  const source = createReadStream(file);
  let failure: unknown;
  const writing: Promise<unknown>[] = [];

  const fail = (error: unknown) => {
    failure ??= error;
    source.destroy();
    parser.abort(error as Error);
  };
  parser.on('entry', (entry: ReadEntry) => {
    const work = writeEntry(entry, directory, meter).catch((error: unknown) => {
      entry.resume();
      fail(error);
    });
    writing.push(work);
  });

  const parsed = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
    source.on('error', reject);
    source.on('close', () => failure && reject(failure));
  });
  source.pipe(parser as unknown as NodeJS.WritableStream);
  try {
    await parsed;
    await Promise.all(writing);
  } catch (error) {
    failure ??= error;
  }
  // The parser has a limit of its own, which also counts what lies between and after the entries.
  if (failure instanceof Error && failure.message.includes('max decompression ratio')) {
    throw new ArchiveError('LIMIT_EXCEEDED', 'The archive unpacks to more than 1000 times its size.', { cause: failure });
  }
  if (failure) throw failure;
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
  await pipeline(
    async function* () {
      for await (const chunk of entry) {
        meter.add(chunk.length);
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx' }),
  );
}
