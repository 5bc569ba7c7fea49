/**
 * ImageNet's layout (Russakovsky et al. 2014, arXiv 1409.0575): a folder for each split, in it one for each class, in that the pictures. Any pictures sorted into such
 * folders will do; they are found and read as torchvision's `ImageFolder` does.
 * @module
 */
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { ComputeError } from '../errors.js';
import { type ClassFolder, classFolders, groupByClass, picturesIn } from './pictures/folders.js';
import { PICTURE_EXTENSIONS, readPicture } from './pictures/read.js';
import { DEFAULT_RESIZING, findResizing, resizings } from './resizing/registry.js';
import { CROP, type Resizing } from './resizing/types.js';
import type { DatasetFormat, DatasetSource, ImageBatch } from './types.js';

/** How the validation split is called in the wild. */
const SPLIT_FOLDERS = { train: ['train'], test: ['val', 'validation', 'test'] } as const;
const HOW_TO_GET = `Name a folder with "train" and "val", in each a folder for every class, in it its pictures (${PICTURE_EXTENSIONS.join(', ')}).`;

const AS_TORCHVISION = `Files and classes are those that torchvision's \`ImageFolder\` finds, in its order: ${PICTURE_EXTENSIONS.join(', ')}, also in folders below and behind links, but not in hidden folders. A class without pictures keeps its number. Pixels are those of Pillow's \`convert("RGB")\`: alpha is dropped, colour profiles and the orientation noted in a JPEG are not applied, and grey values of 16 bits are cut at 255.`;

interface LabelledFile {
  readonly path: string;
  readonly label: number;
}

/** @param side of the square pictures that models see, in pixels. */
function imagenetFormat(name: string, side: number): DatasetFormat {
  return {
    name,
    title: `ImageNet at ${side}×${side}`,
    description: `Pictures in one folder for each class, in your folders "train" and "val": the middle ${CROP} of the shorter side, at ${side}×${side} pixels. ${AS_TORCHVISION}`,
    needsDirectory: true,
    resizings,
    /** The folders of the classes and those in them, whose times change with what is in them: a look at a million files would take too long. */
    files: async (source) => (await foldersOfSplit(source)).flatMap(({ folders }) => folders),
    async open(folders, { resizing: name = DEFAULT_RESIZING }) {
      const resizing = findResizing(name);
      const classes = groupByClass(folders);
      const pictures: LabelledFile[] = [];
      // The default is older than the others, and so are fingerprints without it.
      const preparation = { side, crop: CROP, pixels: 'as Pillow', ...(name !== DEFAULT_RESIZING && { resizing: name }) };
      const hash = createHash('sha256').update(JSON.stringify(preparation));
      for (const [label, { name, folders: ofClass }] of classes.entries()) {
        for (const folder of ofClass) {
          for (const { path, size } of await picturesIn(folder)) {
            hash.update(`${join(name, relative(ofClass[0]!, path))}:${size}\n`);
            pictures.push({ path, label });
          }
        }
      }
      return {
        imageShape: [side, side, 3],
        classNames: classes.map(({ name }) => name),
        exampleCount: pictures.length,
        fingerprint: hash.digest('hex'),
        read: (offset, count) => readPictures(pictures.slice(offset, offset + count), resizing, side),
        close: () => Promise.resolve(),
      };
    },
  };
}

export const imagenet = imagenetFormat('imagenet', 299);
export const imagenet224 = imagenetFormat('imagenet-224', 224);

async function foldersOfSplit({ directory, split }: DatasetSource): Promise<readonly ClassFolder[]> {
  if (!directory) throw new ComputeError('INVALID_DATASET', `ImageNet needs a directory. ${HOW_TO_GET}`, ['directory']);
  for (const name of SPLIT_FOLDERS[split]) {
    const classes = await classFolders(join(directory, name));
    if (classes.length > 0) return classes;
  }
  throw new ComputeError(
    'INVALID_DATASET',
    `${directory} has no folder "${SPLIT_FOLDERS[split][0]}" with one for each class. ${HOW_TO_GET}`,
    ['directory'],
  );
}

async function readPictures(pictures: readonly LabelledFile[], resizing: Resizing, side: number): Promise<ImageBatch> {
  const size = side * side * 3;
  const images = new Uint8Array(pictures.length * size);
  const read = async ({ path }: LabelledFile, i: number) => images.set(await resizing.middle(await readPicture(path), side), i * size);
  await Promise.all(pictures.map(read));
  return { images, labels: Int32Array.from(pictures, ({ label }) => label) };
}
