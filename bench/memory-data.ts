/** Images and models for the measurement of memory: random, since what they show takes no memory. @module */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ArchitectureRequest, Compute, DatasetSource, ModelFiles } from '../src/compute/index.js';

/** A model with data that it fits. */
export interface Subject {
  readonly name: string;
  readonly model: ModelFiles;
  readonly dataset: DatasetSource;
  /** Images of an evaluation. */
  readonly images: number;
}

const CIFAR_RECORD = 3073;
const CIFAR_IMAGES = 256;
const SIDES: Readonly<Record<number, string>> = { 224: 'imagenet-224', 299: 'imagenet' };

export const MNIST: DatasetSource = { format: 'mnist', split: 'test' };

const levels = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 2654435761) >>> 24));

/** A file of CIFAR-10's format for each split. */
export async function cifarOf(directory: string): Promise<DatasetSource> {
  await mkdir(directory, { recursive: true });
  const records = levels(CIFAR_IMAGES * CIFAR_RECORD);
  for (let i = 0; i < CIFAR_IMAGES; i++) records[i * CIFAR_RECORD] = i % 10;
  for (const name of ['test_batch.bin', 'data_batch_1.bin']) await writeFile(join(directory, name), records);
  return { format: 'cifar10', split: 'test', directory };
}

/** Pictures in ImageNet's layout, one of each of the first classes. */
export async function picturesOf(directory: string, side: number, classes: number, count: number): Promise<DatasetSource> {
  const format = SIDES[side];
  if (!format) throw new Error(`The model takes images of ${side} pixels; there is a format for ${Object.keys(SIDES).join(' and ')}.`);
  const picture = await sharp(levels(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  for (const split of ['train', 'val']) {
    for (let i = 0; i < classes; i++) {
      const folder = join(directory, split, String(i).padStart(4, '0'));
      await mkdir(folder, { recursive: true });
      if (i < count) await writeFile(join(folder, 'picture.png'), picture);
    }
  }
  return { format, split: 'test', directory };
}

/** A network with random weights in a folder of its own. */
export async function submitted(compute: Compute, directory: string, request: ArchitectureRequest): Promise<ModelFiles> {
  await mkdir(directory, { recursive: true });
  await compute.buildModel(request, directory);
  return { format: 'LAYERS_MODEL', directory };
}
