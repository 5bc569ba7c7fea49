import { toLevels } from '../../src/compute/distances/index.js';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openShared, shareExamples } from '../../src/compute/data/examples.js';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset, DatasetSource } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { fingerprintOf } from '../../src/compute/models/fingerprint.js';
import { Minibatches } from '../../src/compute/training/minibatch.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { PrefetchedMinibatches } from '../../src/compute/training/prefetch.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { vat } from '../../src/compute/training/schemes/vat.js';
import { TrainingSession, type SessionOptions } from '../../src/compute/training/session.js';
import { failure, refusal, temporaryDirectory, writeCifar, writeIdx } from './fixtures.js';

const directory = await temporaryDirectory();
const engine = await testEngine();
afterAll(() => engine.dispose());

async function writePictures(path: string, count: number): Promise<void> {
  await mkdir(path, { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: (40 * i) % 256, g: (90 * i) % 256, b: path.length % 256 };
    await sharp({ create: { width: 12, height: 10, channels: 3, background } })
      .jpeg()
      .toFile(join(path, `${i}.jpg`));
  }
}

/** Files of each kind that there is. */
const SOURCES: Readonly<Record<string, DatasetSource>> = {
  'IDX files': { format: 'mnist', split: 'train', directory: join(directory, 'idx') },
  'gzipped IDX files': { format: 'fashion-mnist', split: 'train', directory: join(directory, 'zipped') },
  'CIFAR-10 files': { format: 'cifar10', split: 'train', directory: join(directory, 'cifar') },
  'folders of pictures': { format: 'imagenet-224', split: 'train', directory: join(directory, 'pictures') },
};
await mkdir(join(directory, 'idx'));
await mkdir(join(directory, 'cifar'));
await mkdir(join(directory, 'zipped'));
await writeIdx(join(directory, 'idx'), 'train', 30);
for (const name of await readdir(join(directory, 'idx'))) {
  await writeFile(join(directory, 'zipped', `${name}.gz`), gzipSync(await readFile(join(directory, 'idx', name))));
}
await writeCifar(join(directory, 'cifar', 'data_batch_1.bin'), 0, 13);
await writeCifar(join(directory, 'cifar', 'data_batch_2.bin'), 13, 17);
for (const name of ['cat', 'tiger']) await writePictures(join(directory, 'pictures', 'train', name), 6);

async function sessionOptions(dataset: Dataset, changes: Partial<SessionOptions> = {}): Promise<SessionOptions> {
  const { imageShape: inputShape, classNames } = dataset.info;
  return {
    engine,
    model: await buildArchitecture('mlp', { seed: 1, inputShape, classCount: classNames.length, width: 0.01 }),
    dataset,
    scheme: standard,
    optimizer: adam(),
    learningRate: constantRate(1e-3),
    totalSteps: 7,
    batchSize: 4,
    seed: 1,
    augmentation: { shift: 2, mirror: true },
    ...changes,
  };
}

/** Weights after training on a data set that is closed once training has begun. */
async function trained(dataset: Dataset, changes: Partial<SessionOptions>): Promise<string> {
  const session = await TrainingSession.start(await sessionOptions(dataset, changes));
  await dataset.close();
  try {
    await session.advance(Infinity);
    return fingerprintOf(await session.finish());
  } finally {
    await session.dispose();
  }
}

const unread = (dataset: Dataset): Dataset => ({ ...dataset, read: () => Promise.reject(new Error('It should not have been read here.')) });

describe('a data set that is not held in memory', () => {
  it.each(Object.entries(SOURCES))('of %s can be read at any positions, in any order', async (_, source) => {
    const dataset = await openDataset(source);
    const [near, far] = [
      await openShared(await shareExamples(dataset, Infinity)),
      await openShared(await shareExamples(unread(dataset), 0)),
    ];
    const indices = Uint32Array.of(11, 0, 5, 11, dataset.info.exampleCount - 1);
    const { images, labels } = await far.read(indices);
    const size = images.length / indices.length;
    for (const [row, index] of indices.entries()) {
      const expected = await dataset.read(index, 1);
      expect(labels[row]).toBe(expected.labels[0]);
      expect(Buffer.compare(toLevels(images).subarray(row * size, (row + 1) * size), toLevels(expected.images))).toBe(0);
    }
    const held = await near.read(indices);
    expect(Buffer.compare(toLevels(held.images), toLevels(images))).toBe(0);
    expect(held.labels).toEqual(labels);
    await Promise.all([dataset.close(), near.close(), far.close()]);
  });

  it.each(Object.entries(SOURCES))('of %s trains the same network, bit for bit', async (_, source) => {
    const whole = await trained(await openDataset(source), {});
    expect(await trained(unread(await openDataset(source)), { dataMemory: 0 })).toBe(whole);
  });

  it('provides images without labels from files too', async () => {
    const source = SOURCES['IDX files']!;
    const run = async (dataMemory: number, change: (dataset: Dataset) => Dataset) => {
      const [labelled, unlabelled] = [await openDataset(source), await openDataset({ format: 'mnist', split: 'test' })];
      const scheme = vat({ epsilon: 2, xi: 0.1, iterations: 1, alpha: 1, unlabelled: change(unlabelled) });
      const print = await trained(change(labelled), { scheme, dataMemory });
      await unlabelled.close();
      return print;
    };
    expect(await run(0, unread)).toBe(await run(2 ** 30, (dataset) => dataset));
  });

  it('may be larger than any array', async () => {
    const root = join(directory, 'large');
    const folder = join(root, 'train', 'cat');
    await mkdir(folder, { recursive: true });
    await mkdir(join(root, 'train', 'none'));
    const picture = join(directory, 'pictures', 'train', 'cat', '0.jpg');
    const count = Math.ceil(2 ** 33 / (299 * 299 * 3));
    for (let i = 0; i < count; i += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, j) => symlink(picture, join(folder, `${i + j}.jpg`))));
    }
    const dataset = await openDataset({ format: 'imagenet', split: 'train', directory: root });
    expect(dataset.info.exampleCount * 299 * 299 * 3).toBeGreaterThan(2 ** 33);
    expect(await trained(dataset, { totalSteps: 2 })).toMatch(/^[0-9a-f]{64}$/);
  });

  it('ends training if a picture is damaged, or if files are added or removed', async () => {
    const root = join(directory, 'damaged');
    await writePictures(join(root, 'train', 'cat'), 4);
    await mkdir(join(root, 'train', 'none'));
    const source = { format: 'imagenet-224', split: 'train', directory: root } as const;
    await writeFile(join(root, 'train', 'cat', '3.jpg'), 'no picture');
    expect(await failure(trained(await openDataset(source), { dataMemory: 0 }))).toMatchObject(
      refusal('INVALID_DATASET', /Cannot read .*3\.jpg/),
    );
    const dataset = await openDataset(source);
    await rm(join(root, 'train', 'cat', '3.jpg'));
    expect(await failure(trained(dataset, { dataMemory: 0, batchSize: 2 }))).toMatchObject(refusal('INVALID_DATASET', /have changed/));
  });

  it('is refused if a minibatch or a validation does not fit in memory', async () => {
    const mnist = await openDataset({ format: 'mnist', split: 'test' });
    const dataset = unread({ ...mnist, info: { ...mnist.info, exampleCount: 1_000_000 } });
    const attack = { kind: 'FGSM', parameters: { epsilon: 0.1 } };
    const validation = { dataset, offset: 0, count: 800_000, oneStep: attack, iterative: attack };
    const refused = async (changes: Partial<SessionOptions>) => failure(TrainingSession.start(await sessionOptions(dataset, changes)));
    expect(await refused({ batchSize: 800_000 })).toMatchObject(refusal('LIMIT_EXCEEDED', /Give batchSize of at most 684784\./));
    expect(await refused({ validation })).toMatchObject(refusal('LIMIT_EXCEEDED', /Give validation\.sampleCount of at most 684784\./));
    await mnist.close();
  });
});

describe('minibatches', async () => {
  const data = { images: Uint8Array.from({ length: 10 * 9 }, (_, p) => p), labels: Int32Array.from({ length: 10 }, (_, i) => i) };
  const examples = await shareExamples(inMemory(data, [3, 3, 1], []), 0);
  const plain = { examples, batchSize: 5, seed: 1, augmentation: { shift: 0, mirror: false } };
  const moved = { ...plain, augmentation: { shift: 1, mirror: true } };

  it('hold every example once an epoch, in another order each time', async () => {
    const batches = await Minibatches.open(plain);
    const labels = async (index: number) => Array.from((await batches.at(index)).labels.data);
    const epoch = async (index: number) => [...(await labels(2 * index)), ...(await labels(2 * index + 1))];
    expect((await epoch(0)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await epoch(1)).not.toEqual(await epoch(0));
  });

  it.each([
    [0, 3, [3, 4, 5, 6, 7, 8, 9]],
    [4, 2, [0, 1, 2, 3, 6, 7, 8, 9]],
    [8, 2, [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('leave out the examples from %i on that are held out, %i of them', async (offset, count, rest) => {
    const batches = await Minibatches.open({ ...plain, batchSize: 1, heldOut: { offset, count } });
    const labels = await Promise.all(rest.map(async (_, index) => (await batches.at(index)).labels.data[0]!));
    expect(labels.toSorted((a, b) => a - b)).toEqual(rest);
  });

  it('are the same where a thread makes them ahead, from any step on', async () => {
    const [here, ahead] = [await Minibatches.open(moved), new PrefetchedMinibatches(moved)];
    for (const index of [3, 4, 4, 5, 9, 17]) expect(await ahead.at(index)).toEqual(await here.at(index));
    expect(ahead.seconds).toBeGreaterThan(0);
    await ahead.dispose();
    expect(await failure(ahead.at(100))).toMatchObject(refusal('INTERNAL', /it was closed/));
  });

  it('fail, and are disposed of, where their thread has ended', async () => {
    const ahead = new PrefetchedMinibatches(plain);
    await ahead.at(0);
    await (ahead as unknown as { worker: Worker }).worker.terminate();
    expect(await failure(ahead.at(9))).toMatchObject(refusal('INTERNAL', /thread that makes minibatches ended/));
    await ahead.dispose();
  });

  it('move and mirror images, black following', async () => {
    const [before, after] = [await (await Minibatches.open(plain)).at(0), await (await Minibatches.open(moved)).at(0)];
    for (let i = 0; i < 5; i++) {
      const original = Array.from(before.images.data.subarray(9 * i, 9 * i + 9));
      const forms = [-1, 0, 1].flatMap((down) =>
        [-1, 0, 1].flatMap((right) =>
          [false, true].map((mirrored) =>
            original.map((_, p) => {
              const [y, x] = [Math.floor(p / 3) + down, (p % 3) + right];
              return y < 0 || y > 2 || x < 0 || x > 2 ? 0 : original[3 * y + (mirrored ? 2 - x : x)]!;
            }),
          ),
        ),
      );
      expect(forms).toContainEqual(Array.from(after.images.data.subarray(9 * i, 9 * i + 9)));
    }
    expect(after.images.data).not.toEqual(before.images.data);
  });
});
