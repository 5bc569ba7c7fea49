/** ImageNet-C as it is published: folders of corruptions, severities and classes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { corruptedParts, openDataset } from '../../src/compute/data/index.js';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'imagenet-c-'))));
afterEach(() => rm(directory, { recursive: true }));

const SIDE = 8;
const NAMES = [
  'n01440764/ILSVRC2012_val_00000293.JPEG',
  'n01440764/ILSVRC2012_val_00002138.JPEG',
  'n01443537/ILSVRC2012_val_00000236.JPEG',
];

/** Pictures of one grey value each, which JPEG keeps. */
async function write(path: string, value: number, side = SIDE): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  const pixels = new Uint8Array(side * side * 3).fill(value);
  const raw = { width: side, height: side, channels: 3 } as const;
  await writeFile(file, await sharp(pixels, { raw }).jpeg({ quality: 100 }).toBuffer());
}

/** @param base of the values: 10 times the severity, and the number of the picture, are added. */
async function writeKind(folder: string, base: number): Promise<void> {
  for (const severity of [1, 2, 3, 4, 5])
    for (const [i, name] of NAMES.entries()) await write(`${folder}/${severity}/${name}`, base + 10 * severity + i);
}

const source = (more = {}) => ({ format: 'imagenet-c', split: 'test' as const, directory, ...more });

it('is read by corruption, severity and class, also where archives were unpacked to folders of their own', async () => {
  await writeKind('fog', 150);
  await writeKind('noise/gaussian_noise', 20);
  const data = await openDataset(source());
  expect(data.info).toMatchObject({ imageShape: [SIDE, SIDE, 3], exampleCount: 30, classNames: ['n01440764', 'n01443537'] });
  const { images, labels } = await data.read(0, 30);
  const values = Array.from({ length: 30 }, (_, i) => images[i * SIDE * SIDE * 3]);
  const expected = [20, 150].flatMap((base) => [1, 2, 3, 4, 5].flatMap((severity) => [0, 1, 2].map((i) => base + 10 * severity + i)));
  expect(values).toEqual(expected);
  expect([...labels]).toEqual(Array.from({ length: 10 }, () => [0, 0, 1]).flat());
  const parts = await corruptedParts(source(), 30);
  expect(parts).toHaveLength(10);
  expect(parts[0]).toEqual({ kind: 'GAUSSIAN_NOISE', severity: 1, offset: 0 });
  expect(parts[7]).toEqual({ kind: 'FOG', severity: 3, offset: 21 });
  await data.close();
});

it.each([
  ['no corruption', () => write(`sunshine/1/${NAMES[0]!}`, 1), /holds no folder of a corruption/],
  ['no pictures', () => mkdir(join(directory, 'fog/1/n01440764'), { recursive: true }), /fog\/1 holds no pictures/],
  ['a severity that is missing', () => write(`fog/1/${NAMES[0]!}`, 1), /Cannot list .*fog\/2: ENOENT/],
])('a folder with %s is refused', async (_, make, message) => {
  await make();
  await expect(openDataset(source())).rejects.toThrow(message);
});

it('a class that one severity lacks, a picture that is missing and one of another size are named', async () => {
  await writeKind('fog', 100);
  await rm(join(directory, 'fog/4/n01443537'), { recursive: true });
  await expect(openDataset(source())).rejects.toThrow(/fog\/4 has no folder n01443537/);
  await write(`fog/4/${NAMES[2]!}`, 1, 9);
  await rm(join(directory, `fog/5/${NAMES[0]!}`));
  const data = await openDataset(source());
  await expect(data.read(11, 1)).rejects.toThrow(/fog\/4\/n01443537\/.* has 9×9 pixels, the first picture 8×8/);
  await expect(data.read(12, 1)).rejects.toThrow(/Cannot read .*fog\/5\/n01440764\/ILSVRC2012_val_00000293.JPEG/);
  await data.close();
});

it('there is no split for training, and none without a folder', async () => {
  await expect(openDataset(source({ split: 'train' }))).rejects.toThrow(/choose the split TEST/);
  await expect(openDataset(source({ directory: undefined }))).rejects.toThrow(/ImageNet-C needs a directory/);
});
