/** CIFAR-10, binary version (Krizhevsky 2009): records of one label byte, then 1,024 bytes each of red, green and blue. @module */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComputeError } from '../errors.js';
import { openByteSource, type ByteSource } from './byte-source.js';
import type { DatasetFormat, ImageBatch } from './types.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;

export const CLASS_NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const EXAMPLE_NAME = { train: 'data_batch_1.bin', test: 'test_batch.bin' };

const FILE_PATTERN = { train: /^data_batch_(\d+)\.bin$/, test: /^test_batch\.bin$/ };

const HOW_TO_GET = 'Name the unpacked folder of "CIFAR-10 binary version", such as cifar-10-batches-bin.';

export const cifar10: DatasetFormat = {
  name: 'cifar10',
  title: 'CIFAR-10',
  description:
    '32×32 colour pictures of ten classes: 50,000 for training (data_batch_*.bin), 10,000 for test (test_batch.bin), in a folder of yours.',
  needsDirectory: true,
  async files({ directory, split }) {
    if (!directory) throw new ComputeError('INVALID_DATASET', `CIFAR-10 needs a directory. ${HOW_TO_GET}`, ['directory']);
    const names = await readdir(directory).catch((error: Error) => {
      throw new ComputeError('INVALID_DATASET', `Cannot list ${directory}: ${error.message}. ${HOW_TO_GET}`, ['directory']);
    });
    const number = (name: string) => Number(FILE_PATTERN[split].exec(name)?.[1] ?? 0);
    const wanted = names.filter((name) => FILE_PATTERN[split].test(name)).sort((a, b) => number(a) - number(b));
    if (wanted.length === 0) {
      throw new ComputeError('INVALID_DATASET', `${directory} holds no file like ${EXAMPLE_NAME[split]}. ${HOW_TO_GET}`, ['directory']);
    }
    return wanted.map((name) => join(directory, name));
  },
  async open(files) {
    const sources: ByteSource[] = [];
    const close = async () => void (await Promise.all(sources.map((source) => source.close())));
    try {
      for (const file of files) sources.push(await openByteSource(file));
      const counts = sources.map(recordCount);
      return {
        imageShape: [SIDE, SIDE, 3],
        classNames: CLASS_NAMES,
        exampleCount: counts.reduce((sum, n) => sum + n, 0),
        read: (offset, count) => readRecords(sources, counts, offset, count),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

function recordCount(file: ByteSource): number {
  if (file.size % RECORD !== 0) {
    throw new ComputeError(
      'INVALID_DATASET',
      `${file.path} has ${file.size} bytes, no multiple of the ${RECORD} of one record. Fetch it again.`,
      [file.path],
    );
  }
  return file.size / RECORD;
}

/** Reads across the borders of files, and turns the colour planes into pixels `[n, 32, 32, 3]`. */
async function readRecords(sources: readonly ByteSource[], counts: readonly number[], offset: number, count: number): Promise<ImageBatch> {
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Int32Array(count);
  let first = 0;
  let done = 0;
  for (const [i, source] of sources.entries()) {
    const from = Math.max(offset, first) - first;
    const n = Math.min(offset + count, first + counts[i]!) - first - from;
    first += counts[i]!;
    if (n <= 0) continue;
    const records = await source.read(from * RECORD, n * RECORD);
    for (let r = 0; r < n; r++, done++) {
      labels[done] = records[r * RECORD]!;
      interleave(records.subarray(r * RECORD + 1, (r + 1) * RECORD), images.subarray(done * 3 * PLANE, (done + 1) * 3 * PLANE));
    }
  }
  return { images, labels };
}

/** Planes of red, green and blue as pixels. */
export function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let p = 0; p < PLANE; p++) for (let c = 0; c < 3; c++) pixels[p * 3 + c] = planes[c * PLANE + p]!;
}
