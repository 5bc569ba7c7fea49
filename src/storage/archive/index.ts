/**
 * Archives from third parties, unpacked without harm: no path out, no links, limits on entries, bytes and ratio.
 * @module
 */
import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { ArchiveError, ArchiveMeter, type ArchiveLimits } from './limits.js';
import { extractTar } from './tar.js';
import { extractZip } from './zip.js';

export { ArchiveError, type ArchiveErrorCode, type ArchiveLimits } from './limits.js';

type Container = 'zip' | 'tar' | 'tar.gz' | 'onnx';

/**
 * Unpacks an archive; a bare ONNX file is put into the folder as it is.
 * @param directory is created; what it holds after a failure is the caller's to remove.
 * @throws ArchiveError
 */
export async function extractArchive(file: string, directory: string, limits: ArchiveLimits): Promise<void> {
  const container = await recognise(file);
  const meter = new ArchiveMeter(limits, (await stat(file)).size);
  await mkdir(directory, { recursive: true });
  if (container === 'onnx') return copyFile(file, join(directory, 'model.onnx'));
  try {
    if (container === 'zip') await extractZip(file, directory, meter);
    else await extractTar(file, directory, meter, container === 'tar.gz');
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError('INVALID_ARCHIVE', `The ${container} archive is damaged: ${(error as Error).message}.`, { cause: error });
  }
}

/** Packs a folder so that the same files give the same bytes: sorted, without times and owners. @returns the archive in pieces, which are read from the folder as they are asked for. */
export async function* packed(directory: string): AsyncGenerator<Uint8Array> {
  const files = (await readdir(directory)).sort();
  yield* create({ cwd: directory, portable: true, noMtime: true, mtime: new Date(0) }, files);
}

/** The same at once, of a folder that will not stay. */
export async function packDirectory(directory: string): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of packed(directory)) pieces.push(piece);
  return pieces;
}

async function recognise(file: string): Promise<Container> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    if (buffer.readUInt32LE(0) === 0x04034b50) return 'zip';
    if (buffer.readUInt16LE(0) === 0x8b1f) return 'tar.gz';
    // The first field of an ONNX file, its version: a small number.
    if (buffer[0] === 0x08 && buffer[1]! < 0x80) return 'onnx';
    if (bytesRead === 512 && buffer.toString('latin1', 257, 262) === 'ustar') return 'tar';
  } finally {
    await handle.close();
  }
  throw new ArchiveError('INVALID_ARCHIVE', 'The upload is no .onnx file, and no zip, tar or tar.gz archive of the files of a model.');
}
