/** CIFAR-10-C as it is published (Hendrycks and Dietterich 2019): a .npy of 50,000 images for each corruption, 10,000 of each severity, and their labels. @module */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComputeError } from '../errors.js';
import { openByteSource, type ByteSource } from './byte-source.js';
import { CLASS_NAMES } from './cifar10.js';
import { corruptions } from './corruptions/registry.js';
import type { DatasetFormat } from './types.js';

const SIZE = 32 * 32 * 3;
/** Of a file: five severities of the test set. */
const IMAGES = 50_000;

const HOW_TO_GET = 'Name the unpacked folder of CIFAR-10-C (zenodo.org/record/2535967), with labels.npy.';

/** In the order of the corruptions here; some may be missing. */
const FILES = corruptions.map(({ kind }) => `${kind.toLowerCase()}.npy`);

export const cifar10C: DatasetFormat = {
  name: 'cifar10-c',
  title: 'CIFAR-10-C',
  description:
    'The published files of CIFAR-10-C in a folder of yours, one after the other in the order of `CorruptionKind`: 10,000 test images of each severity, so that severity s of the k-th file begins at 50,000 k + 10,000 (s - 1).',
  needsDirectory: true,
  async files({ directory, split }) {
    if (!directory) throw new ComputeError('INVALID_DATASET', `CIFAR-10-C needs a directory. ${HOW_TO_GET}`, ['directory']);
    if (split !== 'test')
      throw new ComputeError('INVALID_DATASET', 'CIFAR-10-C is of test images alone: choose the split TEST.', ['split']);
    const names = await readdir(directory).catch((error: Error) => {
      throw new ComputeError('INVALID_DATASET', `Cannot list ${directory}: ${error.message}. ${HOW_TO_GET}`, ['directory']);
    });
    const found = FILES.filter((name) => names.includes(name));
    if (found.length === 0 || !names.includes('labels.npy')) {
      throw new ComputeError('INVALID_DATASET', `${directory} holds no labels.npy with a file like ${FILES[0]}. ${HOW_TO_GET}`, [
        'directory',
      ]);
    }
    return ['labels.npy', ...found].map((name) => join(directory, name));
  },
  async open(files) {
    const opened: NpyBytes[] = [];
    const close = async () => void (await Promise.all(opened.map(({ source }) => source.close())));
    try {
      for (const [i, file] of files.entries()) opened.push(await openNpy(file, i === 0 ? [IMAGES] : [IMAGES, 32, 32, 3]));
      const [labels, ...images] = opened as [NpyBytes, ...NpyBytes[]];
      return {
        imageShape: [32, 32, 3],
        classNames: CLASS_NAMES,
        exampleCount: images.length * IMAGES,
        async read(offset, count) {
          const batch = { images: new Uint8Array(count * SIZE), labels: new Int32Array(count) };
          for (let done = 0; done < count;) {
            const [file, first] = [Math.floor((offset + done) / IMAGES), (offset + done) % IMAGES];
            const n = Math.min(count - done, IMAGES - first);
            batch.images.set(await readValues(images[file]!, first * SIZE, n * SIZE), done * SIZE);
            batch.labels.set(await readValues(labels, first, n), done);
            done += n;
          }
          return batch;
        },
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

interface NpyBytes {
  readonly source: ByteSource;
  /** Where the values begin. */
  readonly start: number;
}

const readValues = ({ source, start }: NpyBytes, first: number, count: number) => source.read(start + first, count);

/** A .npy of bytes in C order, of which parts are read. @throws ComputeError INVALID_DATASET saying what it should be. */
async function openNpy(path: string, shape: readonly number[]): Promise<NpyBytes> {
  const source = await openByteSource(path);
  const refuse = async (problem: string) => {
    await source.close();
    return new ComputeError('INVALID_DATASET', `${path} ${problem}. ${HOW_TO_GET}`, [path]);
  };
  if (source.size < 12) throw await refuse('is no .npy file');
  const head = await source.read(0, 12);
  if (head.subarray(0, 6).toString('latin1') !== '\x93NUMPY') throw await refuse('is no .npy file');
  const [start, at] = head[6] === 1 ? [10 + head.readUInt16LE(8), 10] : [12 + head.readUInt32LE(8), 12];
  const expected = shape.reduce((product, length) => product * length, 1);
  if (source.size !== start + expected) throw await refuse(`has ${source.size - start} values where (${shape.join(', ')}) has ${expected}`);
  const header = (await source.read(at, start - at)).toString('latin1');
  if (!/'descr':\s*'[|<]u1'/.test(header)) throw await refuse('is not of uint8');
  if (/'fortran_order':\s*True/.test(header)) throw await refuse('is in Fortran order');
  return { source, start };
}
