/**
 * ImageNet-C and Tiny ImageNet-C as they are published (Hendrycks and Dietterich 2019): folders `corruption/severity/class` of pictures, the same names in each. The folders
 * of the corruptions may lie in those of the archives that they come in (`blur`, `digital`, `extra`, `noise`, `weather`).
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ComputeError } from '../errors.js';
import { corruptions, SEVERITIES } from './corruptions/registry.js';
import { classFolders, picturesIn } from './pictures/folders.js';
import { readPicture } from './pictures/read.js';
import type { DatasetFormat, ExampleReader, ImageBatch } from './types.js';

const HOW_TO_GET =
  'Name the folder with the unpacked archives of ImageNet-C (zenodo.org/record/2235448) or Tiny ImageNet-C: in it folders such as gaussian_noise/1/n01440764.';

const KIND_OF = new Map(corruptions.map(({ kind }) => [kind.toLowerCase(), kind]));

export const imagenetC: DatasetFormat = {
  name: 'imagenet-c',
  title: 'ImageNet-C',
  description:
    'The published folders of ImageNet-C or Tiny ImageNet-C in a folder of yours, corruptions one after the other in the order of `CorruptionKind`, each by severity. With N pictures of a severity, severity s of the k-th corruption begins at N (5 k + s - 1). Pictures have one size, and are not resized.',
  needsDirectory: true,
  async files({ directory, split }) {
    if (!directory) throw refused('ImageNet-C needs a directory');
    if (split !== 'test')
      throw new ComputeError('INVALID_DATASET', 'ImageNet-C is of test images alone: choose the split TEST.', ['split']);
    const found = new Map((await corruptionFolders(directory)).map((folder) => [KIND_OF.get(basename(folder))!, folder]));
    const folders = corruptions.flatMap(({ kind }) => found.get(kind) ?? []);
    if (folders.length === 0) throw refused(`${directory} holds no folder of a corruption`);
    return folders.flatMap((folder) => SEVERITIES.map((severity) => join(folder, String(severity))));
  },
  open: async (parts) => openParts(parts),
};

const refused = (what: string) => new ComputeError('INVALID_DATASET', `${what}. ${HOW_TO_GET}`, ['directory']);

const namesIn = async (folder: string) =>
  (
    await readdir(folder).catch((error: Error) => {
      throw new ComputeError('INVALID_DATASET', `Cannot list ${folder}: ${error.message}. ${HOW_TO_GET}`, [folder]);
    })
  ).filter((name) => !name.startsWith('.'));

/** In the folder, and in those that archives were unpacked to. */
async function corruptionFolders(directory: string): Promise<string[]> {
  const names = await namesIn(directory);
  const archives = ['blur', 'digital', 'extra', 'noise', 'weather'].filter((name) => names.includes(name));
  const inner = await Promise.all(archives.map(async (name) => (await namesIn(join(directory, name))).map((one) => join(name, one))));
  return [...names, ...inner.flat()].filter((path) => KIND_OF.has(basename(path))).map((path) => join(directory, path));
}

interface Listed {
  /** Below the folder of a severity. */
  readonly path: string;
  readonly label: number;
}

/** Names are listed of the first part alone, as all have the same: 75 parts of 50,000 pictures are too many to look at. */
async function openParts(parts: readonly string[]): Promise<ExampleReader> {
  const [first] = parts as [string];
  const classes = await classFolders(first);
  const classNames = classes.map(({ name }) => name);
  const hash = createHash('sha256').update(JSON.stringify(parts.map((part) => [basename(dirname(part)), basename(part)])));
  const pictures: Listed[] = [];
  for (const [label, { folders }] of classes.entries()) {
    for (const folder of folders) {
      for (const { path, size } of await picturesIn(folder)) {
        const name = relative(first, path);
        hash.update(`${name}:${size}\n`);
        pictures.push({ path: name, label });
      }
    }
  }
  if (pictures.length === 0) throw refused(`${first} holds no pictures in folders of classes`);
  for (const part of parts) await checkClasses(part, classNames);
  const { height, width } = await readPicture(join(first, pictures[0]!.path));
  const size = height * width * 3;
  return {
    imageShape: [height, width, 3],
    classNames,
    exampleCount: parts.length * pictures.length,
    fingerprint: hash.digest('hex'),
    async read(offset, count): Promise<ImageBatch> {
      const images = new Uint8Array(count * size);
      const labels = new Int32Array(count);
      const read = async (_: unknown, row: number) => {
        const [part, at] = [Math.floor((offset + row) / pictures.length), (offset + row) % pictures.length];
        const { path, label } = pictures[at]!;
        const file = join(parts[part]!, path);
        const picture = await readPicture(file);
        if (picture.height !== height || picture.width !== width) {
          const what = `${file} has ${picture.height}×${picture.width} pixels, the first picture ${height}×${width}. Restore the published file.`;
          throw new ComputeError('INVALID_DATASET', what, [file]);
        }
        images.set(picture.pixels, row * size);
        labels[row] = label;
      };
      await Promise.all(Array.from({ length: count }, read));
      return { images, labels };
    },
    close: () => Promise.resolve(),
  };
}

async function checkClasses(part: string, classNames: readonly string[]): Promise<void> {
  const found = new Set(await namesIn(part));
  const missing = classNames.find((name) => !found.has(name));
  if (missing !== undefined) throw refused(`${part} has no folder ${missing}, which the first severity has`);
}
