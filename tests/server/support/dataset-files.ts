/** Data sets as other tools write them, to be uploaded. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { create } from 'tar';
import type { Files } from './upload.js';

export interface Sample {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[n, height, width, channels]` */
  readonly pixels: Uint8Array;
  readonly labels: readonly number[];
}

/** Distinct images of a few levels that no two places share. */
export function sample(height: number, width: number, channels: number, labels: readonly number[]): Sample {
  const size = height * width * channels;
  const pixels = Uint8Array.from({ length: labels.length * size }, (_, p) => (p * 37 + Math.floor(p / size) * 11) % 256);
  return { height, width, channels, pixels, labels };
}

export const imageOf = ({ height, width, channels, pixels }: Sample, i: number) => {
  const size = height * width * channels;
  return pixels.subarray(i * size, (i + 1) * size);
};

/** Numpy's format, version 1. */
export function npy(type: string, shape: readonly number[], data: Uint8Array, isFortran = false): Buffer {
  const text = `{'descr': '${type}', 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(padded, 'latin1'), data]);
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

export const int64 = (values: readonly number[]) => bytesOf(BigInt64Array.from(values, BigInt));

export const npyFiles = ({ height, width, channels, pixels, labels }: Sample): Files => ({
  'x.npy': npy('|u1', [labels.length, height, width, channels], pixels),
  'y.npy': npy('<i8', [labels.length], int64(labels)),
});

export function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x800 + shape.length, 0);
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, bytes]);
}

export const idxFiles = ({ height, width, pixels, labels }: Sample): Files => ({
  't10k-images-idx3-ubyte.gz': gzipSync(idx([labels.length, height, width], pixels)),
  't10k-labels-idx1-ubyte.gz': gzipSync(idx([labels.length], Uint8Array.from(labels))),
});

/** Records with the planes of 32×32 RGB. @param coarse label before each. */
export function cifarRecords(images: Sample, coarse?: number): Buffer {
  const records = images.labels.map((label, i) => {
    const image = imageOf(images, i);
    const planes = [0, 1, 2].flatMap((c) => Array.from({ length: 1024 }, (_, p) => image[3 * p + c]!));
    return Buffer.from([...(coarse === undefined ? [] : [coarse]), label, ...planes]);
  });
  return Buffer.concat(records);
}

const encoded = ({ height, width, channels }: Sample, image: Uint8Array) =>
  sharp(image, { raw: { height, width, channels: channels as 1 | 3 } });

export const pngOf = (images: Sample, i: number) =>
  encoded(images, imageOf(images, i))
    .toColourspace(images.channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();

export async function pngs(images: Sample): Promise<Buffer[]> {
  return Promise.all(images.labels.map((_, i) => pngOf(images, i)));
}

const IMAGE_COLUMN = [
  { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
] as const;

export interface ParquetOptions {
  readonly names?: readonly string[];
  readonly rowGroupSize?: number;
}

/** As `datasets` writes it. */
export function parquetOf(
  pictures: readonly (Uint8Array | null)[],
  labels: readonly (number | null)[],
  { names, rowGroupSize = 2 }: ParquetOptions = {},
): Uint8Array {
  const features = { image: { _type: 'Image' }, label: { names, _type: 'ClassLabel' } };
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: pictures.map((picture, i) => ({ bytes: picture, path: `${i}.png` })) },
      { name: 'label', data: labels.map((label) => (label === null ? null : BigInt(label))) },
    ],
    schema: [{ name: 'schema', num_children: 2 }, ...IMAGE_COLUMN, { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' }],
    rowGroupSize,
    kvMetadata: names ? [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }] : [],
  });
  return new Uint8Array(bytes);
}

/** A tar of files in folders, in this order. */
export async function tarTree(files: Files, gzip = false): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-tree-'));
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), bytes);
    }
    const file = join(directory, '.archive');
    await pipeline(create({ cwd: directory, gzip, portable: true }, Object.keys(files)), createWriteStream(file));
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export const text = (value: string) => Buffer.from(value);
