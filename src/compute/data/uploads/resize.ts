/** How pictures of an upload get one size. @module */
import { vipsMiddle } from '../resizing/vips.js';
import { CROP } from '../resizing/types.js';
import { findResizing } from '../resizing/registry.js';
import { greyToColour } from './decode-picture.js';
import { invalidAt, type RawImage } from './types.js';

export interface UploadResizing {
  readonly height: number;
  readonly width: number;
  /** Key of the registry of ways to resize. */
  readonly method: string;
}

export const describeResizing = ({ height, width, method }: UploadResizing): string =>
  height === width
    ? findResizing(method).description
    : `The picture is made as small as it can be to cover ${height} ÷ ${CROP} rows and ${width} ÷ ${CROP} columns, antialiased, by libvips' linear kernel, then the middle is cut out.`;

/** @throws ComputeError INVALID_DATASET where it would lose levels. */
export async function resize(image: RawImage, { height, width, method }: UploadResizing, at: string): Promise<RawImage> {
  if (!(image.levels instanceof Uint8Array))
    throw invalidAt(
      at,
      'pictures of more than 8 bits are not resized, which would round them. Resize them before, and leave out `imageSize`.',
    );
  const isGrey = image.shape[2] === 1;
  const { levels, shape } = isGrey ? greyToColour(image) : image;
  const picture = { height: shape[0], width: shape[1], pixels: levels as Uint8Array };
  const resized = height === width ? await findResizing(method).middle(picture, height) : await vipsMiddle(picture, height, width);
  const pixels = isGrey ? resized.filter((_, p) => p % 3 === 0) : new Uint8Array(resized);
  return { levels: pixels, shape: [height, width, isGrey ? 1 : 3], isPicture: true };
}
