import { toLevels } from '../../src/compute/distances/index.js';
import { appendFile, mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { KeptBatches } from '../../src/compute/data/kept-batches.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { batches, type Dataset } from '../../src/compute/data/types.js';
import { MemoryBudget } from '../../src/compute/memory/index.js';
import { failure, pixelOf, refusal, temporaryDirectory, writeCifar, writeIdx } from './fixtures.js';

const directory = await temporaryDirectory();

async function folder(name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path, { recursive: true });
  return path;
}

describe('MNIST', () => {
  it('has all its examples', async () => {
    const test = await openDataset({ format: 'mnist', split: 'test' });
    expect(test.info).toMatchObject({ exampleCount: 10_000, imageShape: [28, 28, 1], bitDepth: 8 });
    const { labels } = await test.read(0, 10);
    expect([...labels]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    await test.close();
    const train = await openDataset({ format: 'mnist', split: 'train' });
    expect(train.info.exampleCount).toBe(60_000);
    expect([...(await train.read(0, 5)).labels]).toEqual([5, 0, 4, 1, 9]);
    await train.close();
  });

  it('has the same bytes in any division of reads', async () => {
    const test = await openDataset({ format: 'mnist', split: 'test' });
    const whole = await test.read(95, 110);
    const parts = [await test.read(95, 1), await test.read(96, 64), await test.read(160, 45)];
    expect(Buffer.concat(parts.map(({ images }) => toLevels(images))).equals(Buffer.from(toLevels(whole.images)))).toBe(true);
    expect(parts.flatMap(({ labels }) => [...labels])).toEqual([...whole.labels]);
    let seen = 0;
    for await (const { labels } of batches(test, 300, 9_500)) seen += labels.length;
    expect(seen).toBe(500);
    expect((await test.read(9_998, 10)).labels).toHaveLength(2);
    expect((await test.read(20_000, 10)).labels).toHaveLength(0);
    await test.close();
  });
});

describe('a fingerprint', () => {
  it('depends on the content, not on the container', async () => {
    const plain = await folder('plain');
    await writeIdx(plain, 't10k', 20);
    const zipped = await folder('zipped');
    for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      await writeFile(join(zipped, `${name}.gz`), gzipSync(await readFile(join(plain, name))));
    }
    const [a, b] = [
      await openDataset({ format: 'mnist', split: 'test', directory: plain }),
      await openDataset({ format: 'fashion-mnist', split: 'test', directory: zipped }),
    ];
    expect(a.info.fingerprint).toBe(b.info.fingerprint);
    expect((await a.read(3, 2)).images).toEqual((await b.read(3, 2)).images);
    await Promise.all([a.close(), b.close()]);
  });

  it('changes with one pixel or one label', async () => {
    const changed = await folder('changed');
    await writeIdx(changed, 't10k', 20);
    const print = async () => {
      const dataset = await openDataset({ format: 'mnist', split: 'test', directory: changed });
      await dataset.close();
      return dataset.info.fingerprint;
    };
    const prints = [await print()];
    for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      const bytes = await readFile(join(changed, name));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(changed, name), bytes);
      prints.push(await print());
    }
    expect(new Set(prints).size).toBe(3);
  });
});

describe('CIFAR-10', () => {
  it('reads across files, in order, with colours interleaved', async () => {
    const path = await folder('cifar');
    // Written out of order, and one name that only a sort by number puts last.
    await writeCifar(join(path, 'data_batch_10.bin'), 6, 2);
    await writeCifar(join(path, 'data_batch_1.bin'), 0, 2);
    await writeCifar(join(path, 'data_batch_2.bin'), 2, 4);
    const dataset = await openDataset({ format: 'cifar10', split: 'train', directory: path });
    expect(dataset.info).toMatchObject({ exampleCount: 8, imageShape: [32, 32, 3] });
    const { images, labels } = await dataset.read(1, 6);
    expect([...labels]).toEqual([1, 2, 3, 4, 5, 6]);
    for (const [i, p, c] of [
      [0, 0, 0],
      [3, 77, 1],
      [5, 1023, 2],
    ] as const) {
      expect(images[i * 3072 + p * 3 + c]).toBe(pixelOf(i + 1, p + c));
    }
    await dataset.close();
  });

  const real = process.env['GAUNTLET_CIFAR10_DIR'];
  it.skipIf(!real)('reads the real files', async () => {
    const dataset = await openDataset({ format: 'cifar10', split: 'test', directory: real });
    const { images, labels } = await dataset.read(0, 100);
    expect(new Set(labels).size).toBe(10);
    const meanPixel = toLevels(images).reduce((sum, value) => sum + value, 0) / images.length;
    // Over the whole data set the mean is 121.
    expect(Math.abs(meanPixel - 121)).toBeLessThan(25);
    await dataset.close();
  });
});

describe('a data set is refused with a message that says what to do:', () => {
  const open = async (name: string, damage: (path: string) => Promise<void>) => {
    const path = await folder(name);
    await writeIdx(path, 't10k', 12);
    await damage(path);
    return failure(openDataset({ format: 'mnist', split: 'test', directory: path }));
  };
  const images = (path: string) => join(path, 't10k-images-idx3-ubyte');
  const labels = (path: string) => join(path, 't10k-labels-idx1-ubyte');

  it('truncated', async () => {
    expect(await open('truncated', (path) => truncate(images(path), 5000))).toMatchObject(
      refusal('INVALID_DATASET', /5000 bytes.*Fetch it again/),
    );
    expect(await open('headless', (path) => truncate(images(path), 7))).toMatchObject(
      refusal('INVALID_DATASET', /shorter than an IDX header/),
    );
  });

  it('too long', async () => {
    expect(await open('long', (path) => appendFile(labels(path), 'x'))).toMatchObject(refusal('INVALID_DATASET', /has 21 bytes/));
  });

  it('images and labels swapped', async () => {
    const swap = async (path: string) => {
      await rename(images(path), `${path}/tmp`);
      await rename(labels(path), images(path));
      await rename(`${path}/tmp`, labels(path));
    };
    expect(await open('swapped', swap)).toMatchObject(refusal('INVALID_DATASET', /swapped/));
  });

  it('a label that is no class', async () => {
    const relabel = async (path: string) => {
      const bytes = await readFile(labels(path));
      bytes[8 + 7] = 11;
      await writeFile(labels(path), bytes);
    };
    expect(await open('relabelled', relabel)).toMatchObject(refusal('INVALID_DATASET', /Example 7 has label 11/));
  });

  it('damaged gzip', async () => {
    const zip = async (path: string) => {
      const zipped = gzipSync(await readFile(images(path)));
      await writeFile(`${images(path)}.gz`, zipped.subarray(0, zipped.length / 2));
      await rename(images(path), `${path}/elsewhere`);
    };
    expect(await open('gzip', zip)).toMatchObject(refusal('INVALID_DATASET', /Cannot read.*complete/));
  });

  it('missing', async () => {
    expect(await failure(openDataset({ format: 'fashion-mnist', split: 'test', directory: '/nowhere' }))).toMatchObject(
      refusal('INVALID_DATASET', /dataset-fashion-mnist/),
    );
    expect(await failure(openDataset({ format: 'cifar10', split: 'test' }))).toMatchObject(refusal('INVALID_DATASET', /needs a directory/));
    expect(await failure(openDataset({ format: 'svhn', split: 'test' }))).toMatchObject(refusal('INVALID_DATASET', /Known formats: mnist/));
  });

  it('half a CIFAR record', async () => {
    const path = await folder('half');
    await writeCifar(join(path, 'test_batch.bin'), 0, 3);
    await truncate(join(path, 'test_batch.bin'), 5000);
    expect(await failure(openDataset({ format: 'cifar10', split: 'test', directory: path }))).toMatchObject(
      refusal('INVALID_DATASET', /no multiple of the 3073/),
    );
  });
});

describe('ImageNet', () => {
  const COLOURS = { red: [255, 0, 0], green: [0, 255, 0] } as const;

  /** A picture of one colour with a frame of another that the crop leaves out. */
  async function picture(path: string, [r, g, b]: readonly number[], width: number, height: number): Promise<void> {
    const frame = { top: 4, bottom: 4, left: 4, right: 4, background: '#ffffff' };
    const inner = { create: { width: width - 8, height: height - 8, channels: 3, background: { r: r!, g: g!, b: b! } } } as const;
    await sharp(inner).extend(frame).png().toFile(path);
  }

  it('is read from a folder for each class, in order, cropped to the centre', async () => {
    const root = await folder('imagenet');
    for (const [name, colour] of Object.entries(COLOURS)) {
      const of = await folder(`imagenet/val/${name}`);
      await picture(join(of, 'b.png'), colour, 300, 400);
      await picture(join(of, 'a.PNG'), colour, 512, 300);
      await writeFile(join(of, 'notes.txt'), 'no picture');
    }
    const source = { format: 'imagenet-224', split: 'test', directory: root } as const;
    const dataset = await openDataset(source);
    expect(dataset.info).toMatchObject({ imageShape: [224, 224, 3], classNames: ['green', 'red'], exampleCount: 4 });
    const { images, labels } = await dataset.read(1, 3);
    expect([...labels]).toEqual([0, 1, 1]);
    expect(images.length).toBe(3 * 224 * 224 * 3);
    const colourOf = (i: number) => [...images.subarray(i * 224 * 224 * 3, i * 224 * 224 * 3 + 3)];
    expect([0, 1, 2].map(colourOf)).toEqual([COLOURS.green, COLOURS.red, COLOURS.red]);
    expect(images.every((value) => value === 0 || value === 255)).toBe(true);
    const larger = await openDataset({ ...source, format: 'imagenet' });
    expect(larger.info.imageShape).toEqual([299, 299, 3]);
    expect(larger.info.fingerprint).not.toBe(dataset.info.fingerprint);
  });

  it('reports what is missing or damaged', async () => {
    const root = await folder('imagenet-damaged');
    const open = () => openDataset({ format: 'imagenet', split: 'train', directory: root });
    expect(await failure(open())).toMatchObject(refusal('INVALID_DATASET', /no folder "train"/));
    const of = await folder('imagenet-damaged/train/cat');
    expect(await failure(open())).toMatchObject(refusal('INVALID_DATASET', /holds no examples/));
    await writeFile(join(of, 'a.jpg'), 'no picture');
    const dataset = await open();
    expect(await failure(dataset.read(0, 1))).toMatchObject(refusal('INVALID_DATASET', /Cannot read .*a\.jpg/));
  });
});

describe('batches that are kept', () => {
  const counting = (fails = false) => {
    const reads: [number, number][] = [];
    const whole = inMemory({ images: new Uint8Array(4 * 6).map((_, i) => i), labels: new Int32Array(4) }, [2, 3, 1], ['a']);
    const dataset: Dataset = {
      ...whole,
      info: { ...whole.info, fingerprint: 'counted' },
      read(offset, count) {
        reads.push([offset, count]);
        return fails && reads.length === 1 ? Promise.reject(new Error('away')) : whole.read(offset, count);
      },
    };
    return { dataset, reads };
  };

  it('are read and decoded once for all who ask for the same examples, also at once', async () => {
    const { dataset, reads } = counting();
    const kept = new KeptBatches();
    const [first, second] = await Promise.all([kept.of(dataset).read(1, 2), kept.of(dataset).read(1, 2)]);
    expect(first).toBe(second);
    expect(first.images).toEqual((await dataset.read(1, 2)).images);
    await kept.of(dataset).read(2, 2);
    expect(reads).toEqual([
      [1, 2],
      [1, 2],
      [2, 2],
    ]);
    kept.clear();
  });

  it('leave memory that something else needs, and are read again', async () => {
    const { dataset, reads } = counting();
    let occupied = 100;
    const memory = new MemoryBudget({ limit: 1000, measure: () => occupied });
    const kept = new KeptBatches(memory);
    const first = await kept.of(dataset).read(0, 4);
    expect(memory.statistics().held.images).toBe(24);
    occupied = 900;
    await memory.reserve(200, 'Something', () => Promise.resolve());
    expect(memory.statistics().held.images).toBe(0);
    expect(await kept.of(dataset).read(0, 4)).toEqual(first);
    expect(reads).toHaveLength(2);
    kept.clear();
    memory.close();
  });

  it('are no more than an eighth of the memory', async () => {
    const { dataset, reads } = counting();
    const memory = new MemoryBudget({ limit: 8 * 13, measure: () => 0 });
    const kept = new KeptBatches(memory);
    for (const offset of [0, 1, 2]) await kept.of(dataset).read(offset, 1);
    expect(memory.statistics().held.images).toBe(12);
    await kept.of(dataset).read(2, 1);
    expect(reads).toHaveLength(3);
    await kept.of(dataset).read(0, 1);
    expect(reads).toHaveLength(4);
    memory.close();
  });

  it('are read again after a failure', async () => {
    const { dataset, reads } = counting(true);
    const kept = new KeptBatches();
    await expect(kept.of(dataset).read(0, 1)).rejects.toThrow('away');
    expect((await kept.of(dataset).read(0, 1)).labels).toHaveLength(1);
    expect(reads).toHaveLength(2);
    kept.clear();
  });
});
