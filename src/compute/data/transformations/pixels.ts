/** Images of 8 bits, in and out of sharp. @module */
import type { Sharp } from 'sharp';
import { ComputeError } from '../../errors.js';
import { loadSharp } from '../load-sharp.js';
import type { ImageShape } from '../../tensors/index.js';

/** @throws ComputeError UNSUPPORTED_OPERATION for images that are neither grey nor RGB. */
export async function fromPixels(image: Uint8Array, [height, width, channels]: ImageShape): Promise<Sharp> {
  if (channels !== 1 && channels !== 3) {
    throw new ComputeError('UNSUPPORTED_OPERATION', `Blur and JPEG are for grey and RGB images; these have ${channels} channels.`, [
      'transformations',
    ]);
  }
  const sharp = await loadSharp();
  return sharp(image, { raw: { height, width, channels } });
}

/** sharp makes colours of grey images unless it is told not to. */
export async function toPixels(image: Sharp, [, , channels]: ImageShape): Promise<Uint8Array> {
  return new Uint8Array(
    await image
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer(),
  );
}
