/** A kept data set is read from the store by range: in any order, and nothing but what is asked for. In a folder or, in the s3 suite, in a bucket. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Dataset, openDataset, type RangeReader, STORED_FORMAT } from '../../src/compute/data/index.js';
import { ContainerWriter } from '../../src/compute/data/container.js';
import { findSource } from '../../src/jobs/dataset/source.js';
import { ModelFolders } from '../../src/storage/model-folders.js';
import { ArtifactMissing } from '../../src/storage/errors.js';
import { openTestStore, S3_UNDER_TEST, type TestStore } from '../server/support/store.js';

const SHAPE: [number, number, number] = [32, 48, 3];
const IMAGE_BYTES = 32 * 48 * 3;
/** More than one piece of 8 MiB. */
const COUNT = 2500;
const valueAt = (index: number, pixel: number) => (index * 7 + pixel * 13) % 251;

let directory: string;
let test: TestStore;
let id: string;
let size: number;
let dataset: Dataset;
let read = { calls: 0, bytes: 0 };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-stored-datasets-'));
  test = await openTestStore(directory);
  const path = join(directory, 'container');
  const writer = await ContainerWriter.create(path);
  for (let i = 0; i < COUNT; i++) await writer.add(Uint8Array.from({ length: IMAGE_BYTES }, (_, pixel) => valueAt(i, pixel)));
  const classNames = ['a', 'b', 'c'];
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 3);
  await writer.finish({ type: 'uint8', imageShape: SHAPE, exampleCount: COUNT, classNames }, labels);
  ({ id, size } = await test.store.put(createReadStream(path) as AsyncIterable<Uint8Array>));
  dataset = await openDataset({ format: STORED_FORMAT, split: 'test', stored: { id, size } }, counted);
});
afterAll(async () => {
  await dataset.close();
  test.cache.close();
  test.objects.close();
  await rm(directory, { recursive: true });
});

const counted: RangeReader = async (of, position, length) => {
  read = { calls: read.calls + 1, bytes: read.bytes + length };
  return (await test.store.readRange(of, position, length))!;
};

async function expectExamples(offset: number, count: number): Promise<void> {
  const { images, labels } = await dataset.read(offset, count);
  expect(labels).toEqual(Int32Array.from({ length: count }, (_, i) => (offset + i) % 3));
  expect(images.length).toBe(count * IMAGE_BYTES);
  const wrong = images.findIndex((value, at) => value !== valueAt(offset + Math.floor(at / IMAGE_BYTES), at % IMAGE_BYTES));
  expect(wrong).toBe(-1);
}

it('says of itself what the file says, from its last bytes', () => {
  expect(dataset.info).toMatchObject({ imageShape: SHAPE, exampleCount: COUNT, classNames: ['a', 'b', 'c'], bitDepth: 8 });
  expect(read.bytes).toBeLessThan(2000);
});

it('has its examples in any order, and reads no more than those', async () => {
  for (const [offset, count] of [
    [2400, 100],
    [0, 1],
    [1234, 3],
    [7, 64],
  ] as const) {
    read = { calls: 0, bytes: 0 };
    await expectExamples(offset, count);
    expect(read).toEqual({ calls: 2, bytes: count * (IMAGE_BYTES + 4) });
  }
});

it('reads a large range in pieces of 8 MiB', async () => {
  read = { calls: 0, bytes: 0 };
  await expectExamples(0, COUNT);
  expect(read).toEqual({ calls: Math.ceil((COUNT * IMAGE_BYTES) / 2 ** 23) + 1, bytes: COUNT * (IMAGE_BYTES + 4) });
});

it('is read from the store where that is elsewhere, and as a file where there is one or all of it is wanted', async () => {
  const folders = new ModelFolders(test.cache, test.store, { maxEntries: 1, maxBytes: 1, maxRatio: 1 });
  const row = { format: STORED_FORMAT, split: 'TEST', resizing: null, artifactId: id } as const;
  const options = { directories: {}, isWorker: true };
  const first = await findSource(row, folders, options);
  if (S3_UNDER_TEST) expect(first).toEqual({ format: STORED_FORMAT, split: 'test', stored: { id, size } });
  else expect(first.directory).toBe(test.objects.localPath!(`sha256/${id.slice(0, 2)}/${id}`));
  const whole = await findSource(row, folders, { ...options, wholeFile: true });
  expect(whole.directory).toBeDefined();
  // It is here now.
  expect(await findSource(row, folders, options)).toEqual(whole);
  await expect(findSource({ ...row, artifactId: '0'.repeat(64) }, folders, options)).rejects.toThrow(ArtifactMissing);
});
