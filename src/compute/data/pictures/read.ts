/**
 * Pictures of any kind as 8-bit RGB, with the values of Pillow's `Image.open(file).convert("RGB")`, by which torchvision's `ImageFolder` reads
 * them: alpha is dropped, colour profiles are not applied, and the orientation that a camera notes (EXIF) counts in TIFF alone.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Metadata, Sharp } from 'sharp';
import { ComputeError } from '../../errors.js';
import { loadSharp } from '../load-sharp.js';
import { isBitmap, readBitmap } from './bitmap.js';
import { isPortableAnymap, readPortableAnymap } from './portable-anymap.js';
import type { Picture } from './types.js';

/** Ends of the names of pictures: torchvision's `IMG_EXTENSIONS`, and `.pbm`. */
export const PICTURE_EXTENSIONS = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.pbm', '.tif', '.tiff', '.webp'];

/** What sharp reads, without drawings (SVG), which have no pixels. */
const FORMATS = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif'];

/** The kind of a picture is what its first bytes say, whatever its name. @throws ComputeError INVALID_DATASET naming the file. */
export async function readPicture(path: string): Promise<Picture> {
  try {
    const file = await readFile(path);
    if (isBitmap(file)) return readBitmap(file);
    if (isPortableAnymap(file)) return readPortableAnymap(file);
    return await decode(file);
  } catch (error) {
    throw new ComputeError('INVALID_DATASET', `Cannot read ${path}: ${(error as Error).message}. Fetch it again, or remove it.`, [path], {
      cause: error,
    });
  }
}

async function decode(file: Buffer): Promise<Picture> {
  // Files with warnings are read, and those that end too early are not, as by Pillow.
  const sharp = await loadSharp();
  const image = sharp(file, { failOn: 'error', ignoreIcc: true });
  const metadata = await image.metadata();
  if (!FORMATS.includes(metadata.format)) throw new Error(`a file of the format ${metadata.format} is no picture`);
  const upright = metadata.format === 'tiff' ? image.autoOrient() : image;
  if (metadata.space === 'cmyk') return fromCmyk(upright);
  return isGrey16(metadata) ? fromGrey16(upright) : pictureOf(upright.removeAlpha().toColourspace('srgb').raw(), (rgb) => rgb);
}

/** Grey values of 16 bits without alpha: others lose their lower 8 bits. */
function isGrey16({ space, depth, channels }: Metadata): boolean {
  return depth === 'ushort' && channels === 1 && space === 'grey16';
}

async function pictureOf(image: Sharp, toRgb: (values: Buffer) => Uint8Array): Promise<Picture> {
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: toRgb(data) };
}

/** By the rule of thumb, without profiles of printers. */
export function fromCmyk(image: Sharp): Promise<Picture> {
  return pictureOf(image.pipelineColourspace('cmyk').toColourspace('cmyk').raw(), (values) => {
    const pixels = new Uint8Array((values.length / 4) * 3);
    for (let i = 0, at = 0; at < values.length; at += 4) {
      const light = 255 - values[at + 3]!;
      for (let ink = 0; ink < 3; ink++) pixels[i++] = light - Math.round((values[at + ink]! * light) / 255);
    }
    return pixels;
  });
}

/** Values above 255 become 255, and are not scaled. */
function fromGrey16(image: Sharp): Promise<Picture> {
  const grey = image.pipelineColourspace('grey16').toColourspace('grey16').raw({ depth: 'ushort' });
  return pictureOf(grey, (bytes) =>
    Uint8Array.from({ length: (bytes.length / 2) * 3 }, (_, i) => Math.min(255, bytes.readUInt16LE(2 * Math.floor(i / 3)))),
  );
}
