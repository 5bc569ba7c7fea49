/** Reads one uploaded data set: unpacks it, reads every image and label, and writes what is kept of it; or looks through it alone. @module */
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type DatasetCard, ingestUpload, inspectUpload } from '../../compute/data/index.js';
import { ComputeError, serializeError, systemCodeOf } from '../../compute/errors.js';
import { ArchiveError, extractArchive } from '../../storage/archive/index.js';
import { MAXIMUM_MESSAGE } from '../model/messages.js';
import type {
  DatasetInspection,
  DatasetInspectionRequest,
  DatasetInspectionVerdict,
  DatasetRequest,
  DatasetVerdict,
  UploadToRead,
} from './messages.js';

/** What goes wrong is a refusal. What it unpacked stays in the request's folder. @throws errors of the system. */
export async function readDataset(request: DatasetRequest): Promise<DatasetVerdict> {
  try {
    return { card: (await read(request)) as DatasetCard & { classNames: string[]; imageShape: [number, number, number] } };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

/** The same for a look. */
export async function inspectDataset(request: DatasetInspectionRequest): Promise<DatasetInspectionVerdict> {
  try {
    const directory = await unpack(request);
    const { problems, ...found } = await inspectUpload({ ...request, directory });
    return { inspection: { ...found, problems: problems.map(shortened) } as DatasetInspection };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

/** Messages quote names, which may be of any length. */
const shortened = <Problem extends { readonly message: string }>(problem: Problem): Problem => ({
  ...problem,
  message: problem.message.slice(0, MAXIMUM_MESSAGE),
});

function refusalOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof ArchiveError) && systemCodeOf(error)) throw error;
  const { code, message } = error instanceof ArchiveError ? error : serializeError(error);
  return shortened({ code: code === 'INVALID_ARCHIVE' ? 'INVALID_DATASET' : code, message });
}

async function read(request: DatasetRequest): Promise<DatasetCard> {
  const directory = await unpack(request);
  const card = await ingestUpload({ ...request, directory }, request.target);
  await rm(directory, { recursive: true, force: true });
  return card;
}

/** @returns the folder of its files. */
async function unpack({ upload, fileName, directory: folder, archives }: UploadToRead): Promise<string> {
  const directory = join(folder, 'files');
  const kind = await kindOf(upload, fileName);
  if (kind === 'archive') {
    await extractArchive(upload, directory, archives);
    await unpackShards(directory, { archives });
  } else {
    await mkdir(directory);
    await copyFile(upload, join(directory, kind));
  }
  return directory;
}

/** What other files are, and what to do with them. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['PK\x05\x06', 'an empty zip'],
  ['\x89HDF', 'an HDF5 file. Save the images and labels by numpy.savez(file, x=…, y=…)'],
  ['\x93NUMPY', 'one array. Upload images and labels together: numpy.savez(file, x=…, y=…)'],
  ['MATLAB', 'a MATLAB file. Save the images and labels by numpy.savez(file, x=…, y=…)'],
  [
    '\x80',
    "a pickle, which may run code. Save the images and labels by numpy.savez(file, x=…, y=…), or take the data set's binary version",
  ],
  ['BZh', 'compressed by bzip2. Compress it with gzip, or make a zip'],
  ['\xfd7zXZ', 'compressed by xz. Compress it with gzip, or make a zip'],
  ['\x28\xb5\x2f\xfd', 'compressed by Zstandard. Compress it with gzip, or make a zip'],
  ['7z\xbc\xaf', 'a 7-Zip archive. Make a zip'],
  ['Rar!', 'a RAR archive. Make a zip'],
  ['\x89PNG', 'one picture. Upload a zip of a folder for each class'],
  ['\xff\xd8\xff', 'one picture. Upload a zip of a folder for each class'],
];

/** An archive, or the name that a bare file is read under. @throws ComputeError INVALID_DATASET. */
async function kindOf(file: string, fileName: string | null): Promise<'archive' | `upload.${string}`> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    const start = buffer.toString('latin1', 0, 8);
    if (start.startsWith('PAR1')) return 'upload.parquet';
    if (start.startsWith('PK\x03\x04') || start.startsWith('\x1f\x8b')) return 'archive';
    if (bytesRead === 512 && buffer.toString('latin1', 257, 262) === 'ustar') return 'archive';
    const known = OTHERS.find(([magic]) => start.startsWith(magic))?.[1];
    const what = bytesRead === 0 ? 'empty' : (known ?? 'of no kind that is read: .npz, .zip, .tar, .tar.gz and .parquet are');
    const name = fileName === null ? 'The upload' : basename(fileName);
    throw new ComputeError('INVALID_DATASET', `${name}: the file is ${what}.`, ['uploadId']);
  } finally {
    await handle.close();
  }
}

/** Shards of WebDataset are tar files in the archive: each becomes a folder of its name. */
async function unpackShards(directory: string, { archives }: Pick<DatasetRequest, 'archives'>): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (!entry.isFile() || !/\.tar$/i.test(entry.name) || entry.name.startsWith('.')) continue;
    const path = join(entry.parentPath, entry.name);
    const packed = `${path}.packed`;
    await rename(path, packed);
    try {
      await extractArchive(packed, path, archives);
    } catch (error) {
      if (error instanceof ArchiveError) throw new ArchiveError(error.code, `${entry.name}: ${error.message}`, { cause: error });
      throw error;
    }
    await rm(packed);
  }
}
