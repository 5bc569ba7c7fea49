/**
 * Pictures of uploads, decoded to the levels that they hold: 8 or 16 bits, or floats; grey or RGB. What cannot be kept as it is, is refused: alpha that shows
 * through, several pages. The orientation that a camera notes (EXIF) is applied; colour profiles are not.
 * @module
 */
import { extname } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import { loadSharp } from '../load-sharp.js';
import { bytesOfLevels, type Levels, levelsFromBytes, type LevelType } from '../../tensors/index.js';
import { isBitmap, readBitmap } from '../pictures/bitmap.js';
import { isPortableAnymap, readPortableAnymap } from '../pictures/portable-anymap.js';
import { fromCmyk, PICTURE_EXTENSIONS } from '../pictures/read.js';
import { invalidAt, type RawImage } from './types.js';

/** By its end. */
export const isPictureName = (name: string) => PICTURE_EXTENSIONS.includes(extname(name).toLowerCase());

/** Of files that hold pictures and are not read: what they are, by the ends of their names. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  GIF: 'gif',
  HEIC: 'heic heif hif',
  AVIF: 'avif',
  'JPEG 2000': 'jp2 j2k jpx jpf',
  'JPEG XL': 'jxl',
  SVG: 'svg svgz',
  DICOM: 'dcm dicom',
  NIfTI: 'nii',
  TGA: 'tga',
  PCX: 'pcx',
  OpenEXR: 'exr',
  'Radiance HDR': 'hdr',
  Photoshop: 'psd',
  icons: 'ico',
  'raw data of cameras': 'dng cr2 cr3 nef arw orf rw2 raf',
};
const OTHER_ENDS = new Map(
  Object.entries(OTHER_KINDS).flatMap(([kind, ends]) => ends.split(' ').map((end): [string, string] => [`.${end}`, kind])),
);

/** What a file is called that holds a picture of a kind that is not read; undefined for others. */
export const otherPictureKind = (name: string) => OTHER_ENDS.get(extname(name).toLowerCase());

const FORMATS = ['jpeg', 'png', 'webp', 'tiff'];

interface Depth {
  readonly type: LevelType;
  readonly raw: 'uchar' | 'ushort' | 'float';
}

const DEPTHS: Readonly<Record<string, Depth>> = {
  uchar: { type: 'uint8', raw: 'uchar' },
  ushort: { type: 'uint16', raw: 'ushort' },
  float: { type: 'float32', raw: 'float' },
};

/** Colour spaces by how libvips calls them. */
const GREY = ['b-w', 'grey16'];
const COLOUR = ['srgb', 'rgb', 'rgb16'];

export interface DecodeLimits {
  /** Most pixels of a picture, before it is resized. */
  readonly maximumPixels: number;
}

/** @param at file and row, for messages. @throws ComputeError INVALID_DATASET naming them. */
export async function decodePicture(bytes: Uint8Array, at: string, { maximumPixels }: DecodeLimits): Promise<RawImage> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length === 0) throw invalidAt(at, 'the picture has no bytes.');
  try {
    if (isBitmap(file)) return fromRgb(readBitmap(file));
    if (isPortableAnymap(file)) return fromRgb(readPortableAnymap(file));
    return await decode(file, maximumPixels);
  } catch (error) {
    const reason = (error as Error).message.replace(/\.$/, '').split('\n')[0]!;
    throw invalidAt(at, `the picture cannot be read: ${reason}. Replace it, or leave it out.`, error);
  }
}

/** Bitmaps with a palette of greys are colour pictures to their readers. */
function fromRgb({ width, height, pixels }: { width: number; height: number; pixels: Uint8Array }): RawImage {
  return { levels: pixels, shape: [height, width, 3], isPicture: true };
}

async function decode(file: Buffer, maximumPixels: number): Promise<RawImage> {
  const sharp = await loadSharp();
  const image = sharp(file, { failOn: 'error', ignoreIcc: true, limitInputPixels: maximumPixels });
  const metadata = await image.metadata();
  const { format, pages = 1, space, hasAlpha, depth } = metadata;
  if (!FORMATS.includes(format)) throw new Error(`it is a file of the format ${format}; PNG, JPEG, WebP, TIFF, BMP and PPM are read`);
  if (pages > 1) throw new Error(`it has ${pages} pages or frames. Save one of them`);
  const upright = image.autoOrient();
  if (space === 'cmyk') {
    if (depth !== 'uchar') throw new Error('it is in CMYK of more than 8 bits. Convert it to RGB');
    return fromRgb(await fromCmyk(upright));
  }
  const isGrey = GREY.includes(space);
  if (!isGrey && !COLOUR.includes(space)) throw new Error(`its colours are in the space ${space}. Convert it to RGB`);
  const kind = DEPTHS[depth];
  if (!kind) throw new Error(`its values are of type ${depth}. Save 8 or 16 bits, or floats from 0 to 1`);
  // Grey of 8 bits with alpha: sharp returns its alpha in RGBA alone.
  const isWidened = isGrey && hasAlpha && depth === 'uchar';
  const pipeline = keepingDepth(upright, metadata, isGrey && !isWidened).raw({ depth: kind.raw });
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  const levels = levelsFromBytes(kind.type, data);
  const channels = isGrey && !isWidened ? 1 : 3;
  const plain = hasAlpha ? withoutAlpha(levels, channels) : levels;
  if (plain.length !== info.width * info.height * channels) throw new Error(`it has ${info.channels} channels. Save grey or RGB`);
  const kept = isWidened ? plain.filter((_, i) => i % 3 === 0) : plain;
  return { levels: kept, shape: [info.height, info.width, isGrey ? 1 : channels], isPicture: true };
}

/** sharp computes in sRGB of 8 bits unless it is told not to. */
function keepingDepth(image: Sharp, { depth }: Metadata, isGrey: boolean): Sharp {
  if (depth === 'uchar') return image.toColourspace(isGrey ? 'b-w' : 'srgb');
  if (depth === 'ushort') return image.pipelineColourspace(isGrey ? 'grey16' : 'rgb16').toColourspace(isGrey ? 'grey16' : 'rgb16');
  return isGrey ? image.toColourspace('b-w') : image;
}

/** @throws Error where a pixel is not opaque: what lies behind it is not known. */
function withoutAlpha(levels: Levels, channels: number): Levels {
  const opaque = levels instanceof Float32Array ? 1 : levels instanceof Uint16Array ? 65535 : 255;
  const count = levels.length / (channels + 1);
  const plain = levels.slice(0, count * channels);
  for (let p = 0; p < count; p++) {
    if (levels[p * (channels + 1) + channels] !== opaque)
      throw new Error('it has pixels that are not opaque. Put it on a background, and save it without alpha');
    for (let c = 0; c < channels; c++) plain[p * channels + c] = levels[p * (channels + 1) + c]!;
  }
  return plain;
}

/** Grey pictures among colour pictures: the same value three times, as Pillow's `convert("RGB")`. */
export function greyToColour({ levels, shape: [height, width] }: RawImage): RawImage {
  const colour = levelsFromBytes(
    levels instanceof Uint8Array ? 'uint8' : levels instanceof Uint16Array ? 'uint16' : 'float32',
    new Uint8Array(3 * bytesOfLevels(levels).length),
  );
  for (let p = 0; p < levels.length; p++) colour.fill(levels[p]!, 3 * p, 3 * p + 3);
  return { levels: colour, shape: [height, width, 3], isPicture: true };
}
