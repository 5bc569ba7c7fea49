import type { Transformation } from './types.js';

export const brightness: Transformation = {
  name: 'brightness',
  description: 'Adds this share of the pixel range to every pixel value; negative amounts darken.',
  minimum: -1,
  maximum: 1,
  apply: (image, _shape, amount) => new Uint8Array(Uint8ClampedArray.from(image, (value) => value + 255 * amount)),
};
