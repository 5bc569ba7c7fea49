/** The IDX files of the MNIST family (LeCun et al. 1998): big-endian header, then raw bytes. @module */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ComputeError } from '../errors.js';
import { openByteSource, type ByteSource } from './byte-source.js';
import type { DatasetSplit, ExampleReader } from './types.js';

/** Magic numbers: two zero bytes, type 8 (unsigned byte), number of dimensions. */
const IMAGES_MAGIC = 0x00000803;
const LABELS_MAGIC = 0x00000801;

const FILE_PREFIX: Record<DatasetSplit, string> = { train: 'train', test: 't10k' };

/** Paths of the images and the labels of a split, as they are or gzipped. @throws ComputeError INVALID_DATASET where one is missing. */
export async function findIdxFiles(directory: string, split: DatasetSplit, howToGet: string): Promise<readonly string[]> {
  const names = [`${FILE_PREFIX[split]}-images-idx3-ubyte`, `${FILE_PREFIX[split]}-labels-idx1-ubyte`];
  return Promise.all(
    names.map(async (name) => {
      for (const path of [join(directory, name), join(directory, `${name}.gz`)]) if (await exists(path)) return path;
      throw new ComputeError('INVALID_DATASET', `Neither ${name} nor ${name}.gz is in ${directory}. ${howToGet}`, ['directory']);
    }),
  );
}

/** @param files the images and the labels. */
export async function openIdx(files: readonly string[], classNames: readonly string[]): Promise<ExampleReader> {
  const images = await openByteSource(files[0]!);
  try {
    const labels = await openByteSource(files[1]!);
    try {
      return await openPair(images, labels, classNames);
    } catch (error) {
      await labels.close();
      throw error;
    }
  } catch (error) {
    await images.close();
    throw error;
  }
}

async function openPair(images: ByteSource, labels: ByteSource, classNames: readonly string[]): Promise<ExampleReader> {
  const [count = 0, height = 0, width = 0] = await readHeader(images, IMAGES_MAGIC, 3);
  const [labelCount = 0] = await readHeader(labels, LABELS_MAGIC, 1);
  if (count !== labelCount) {
    throw invalid(labels, `holds ${labelCount} labels for the ${count} images of ${images.path}. Take both files from the same source`);
  }
  const imageBytes = height * width;
  const headerBytes = { images: 16, labels: 8 };
  return {
    imageShape: [height, width, 1],
    classNames,
    exampleCount: count,
    async read(offset, n) {
      const [pixels, labelBytes] = await Promise.all([
        images.read(headerBytes.images + offset * imageBytes, n * imageBytes),
        labels.read(headerBytes.labels + offset, n),
      ]);
      return { images: pixels, labels: Int32Array.from(labelBytes) };
    },
    close: async () => void (await Promise.all([images.close(), labels.close()])),
  };
}

/** Sizes of the dimensions, checked against the size of the file. */
async function readHeader(file: ByteSource, magic: number, dimensions: number): Promise<number[]> {
  const headerBytes = 4 + 4 * dimensions;
  if (file.size < headerBytes) throw invalid(file, 'is shorter than an IDX header. Fetch it again');
  const header = await file.read(0, headerBytes);
  const found = header.readUInt32BE(0);
  if (found !== magic) {
    throw invalid(
      file,
      `starts with 0x${hex(found)} where IDX data of this kind starts with 0x${hex(magic)}. Check that images and labels are not swapped`,
    );
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => header.readUInt32BE(4 + 4 * i));
  const expected = headerBytes + sizes.reduce((product, size) => product * size, 1);
  if (file.size !== expected) throw invalid(file, `has ${file.size} bytes where its header promises ${expected}. Fetch it again`);
  return sizes;
}

function invalid(file: ByteSource, what: string): ComputeError {
  return new ComputeError('INVALID_DATASET', `${file.path} ${what}.`, [file.path]);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
