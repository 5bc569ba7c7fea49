/** The published files of CIFAR-10-C: sparse ones of their size, with a few values in them. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cifar10C } from '../../src/compute/data/cifar10-c.js';

const SIZE = 3072;
let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'cifar10-c-'))));
afterEach(() => rm(directory, { recursive: true }));

/** As `numpy.save` writes it. @param values at their positions, 0 elsewhere. */
async function write(name: string, shape: readonly number[], values: Readonly<Record<number, number>>, descr = '|u1'): Promise<void> {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
  const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([text.length, 0]), Buffer.from(text)]);
  const file = await open(join(directory, name), 'w');
  await file.write(head, 0, head.length, 0);
  for (const [at, value] of Object.entries(values)) await file.write(Buffer.from([value]), 0, 1, head.length + Number(at));
  await file.truncate(head.length + shape.reduce((product, length) => product * length, 1));
  await file.close();
}

const SHAPE = [50_000, 32, 32, 3];
const source = (more = {}) => ({ format: 'cifar10-c', split: 'test' as const, directory, ...more });
const opened = async () => cifar10C.open(await cifar10C.files(source()), source());

it('are read one after the other in the order of the corruptions, with the labels of each', async () => {
  await write('labels.npy', [50_000], { 0: 3, 9_999: 4, 10_000: 5, 49_999: 6 });
  await write('fog.npy', SHAPE, { 0: 77, [10_000 * SIZE + 5]: 88 });
  await write('gaussian_noise.npy', SHAPE, { [49_999 * SIZE]: 99 });
  const data = await opened();
  expect(data).toMatchObject({ exampleCount: 100_000, imageShape: [32, 32, 3] });
  // Across the border of the two files: noise comes before fog.
  const { images, labels } = await data.read(49_999, 2);
  expect([images[0], images[SIZE], ...labels]).toEqual([99, 77, 6, 3]);
  const later = await data.read(50_000 + 10_000, 1);
  expect([later.images[5], ...later.labels]).toEqual([88, 5]);
  await data.close();
});

it.each([
  ['no labels', async () => write('fog.npy', SHAPE, {}), /holds no labels.npy/],
  ['no corruption', async () => write('labels.npy', [50_000], {}), /holds no labels.npy with a file like gaussian_noise.npy/],
  ['a shorter file', async () => (await write('labels.npy', [50_000], {}), write('fog.npy', [9, 32, 32, 3], {})), /has 27648 values where/],
  ['floats', async () => (await write('labels.npy', [50_000], {}), write('fog.npy', SHAPE, {}, '<f4')), /is not of uint8/],
  [
    'another file',
    async () => (await write('labels.npy', [50_000], {}), writeFile(join(directory, 'fog.npy'), 'a photograph')),
    /is no .npy file/,
  ],
])('a folder with %s is refused', async (_, make, message) => {
  await make();
  await expect(opened()).rejects.toThrow(message);
});

it('there is no split for training', async () => {
  await expect(cifar10C.files(source({ split: 'train' }))).rejects.toThrow(/choose the split TEST/);
});
