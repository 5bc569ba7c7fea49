/**
 * ImageNet's layout (Russakovsky et al. 2014, arXiv 1409.0575): a folder for each split, in it one for each class, in that the pictures. Any pictures sorted into such
 * folders will do.
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { ComputeError } from '../errors.js';
import type { DatasetFormat, DatasetSource, ImageBatch } from './types.js';

/** How the validation split is called in the wild. */
const SPLIT_FOLDERS = { train: ['train'], test: ['val', 'validation', 'test'] } as const;
const PICTURE = /\.(jpe?g|png|webp)$/i;
/** Share of the shorter side that evaluations look at (Szegedy et al. 2016 for 299 pixels, He et al. 2016 for 224). */
const CROP = 0.875;
const HOW_TO_GET = 'Name a folder with "train" and "val", in each a folder for every class, in it its pictures (.jpg, .png, .webp).';

interface Picture {
  readonly path: string;
  readonly label: number;
}

/** @param side of the square pictures that models see, in pixels. */
function imagenetFormat(name: string, side: number): DatasetFormat {
  return {
    name,
    title: `ImageNet at ${side}×${side}`,
    description: `Pictures in one folder for each class, in your folders "train" and "val": the middle ${CROP} of the shorter side, at ${side}×${side} pixels.`,
    needsDirectory: true,
    /** The folders of the classes, whose times change with what is in them: a look at a million files would take too long. */
    files: classFolders,
    async open(folders) {
      const pictures: Picture[] = [];
      const hash = createHash('sha256').update(JSON.stringify({ side, crop: CROP }));
      for (const [label, folder] of folders.entries()) {
        const files = (await readdir(folder)).filter((candidate) => PICTURE.test(candidate)).sort();
        const paths = files.map((file) => join(folder, file));
        const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
        files.forEach((file, i) => hash.update(`${basename(folder)}/${file}:${sizes[i]}\n`));
        for (const path of paths) pictures.push({ path, label });
      }
      return {
        imageShape: [side, side, 3],
        classNames: folders.map((folder) => basename(folder)),
        exampleCount: pictures.length,
        fingerprint: hash.digest('hex'),
        read: (offset, count) => readPictures(pictures.slice(offset, offset + count), side),
        close: () => Promise.resolve(),
      };
    },
  };
}

export const imagenet = imagenetFormat('imagenet', 299);
export const imagenet224 = imagenetFormat('imagenet-224', 224);

async function classFolders({ directory, split }: DatasetSource): Promise<string[]> {
  if (!directory) throw new ComputeError('INVALID_DATASET', `ImageNet needs a directory. ${HOW_TO_GET}`, ['directory']);
  for (const name of SPLIT_FOLDERS[split]) {
    const entries = await readdir(join(directory, name), { withFileTypes: true }).catch(() => []);
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    if (folders.length > 0) return folders.sort().map((folder) => join(directory, name, folder));
  }
  throw new ComputeError(
    'INVALID_DATASET',
    `${directory} has no folder "${SPLIT_FOLDERS[split][0]}" with one for each class. ${HOW_TO_GET}`,
    ['directory'],
  );
}

async function readPictures(pictures: readonly Picture[], side: number): Promise<ImageBatch> {
  const size = side * side * 3;
  const images = new Uint8Array(pictures.length * size);
  await Promise.all(pictures.map(async ({ path }, i) => images.set(await pixels(path, side), i * size)));
  return { images, labels: Int32Array.from(pictures, ({ label }) => label) };
}

async function pixels(path: string, side: number): Promise<Uint8Array> {
  const whole = Math.round(side / CROP);
  const margin = Math.floor((whole - side) / 2);
  try {
    return await sharp(path)
      .resize(whole, whole, { fit: 'cover', kernel: 'linear', fastShrinkOnLoad: false })
      .extract({ left: margin, top: margin, width: side, height: side })
      .flatten()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw new ComputeError('INVALID_DATASET', `Cannot read ${path}: ${(error as Error).message}. Fetch it again, or remove it.`, [path], {
      cause: error,
    });
  }
}
