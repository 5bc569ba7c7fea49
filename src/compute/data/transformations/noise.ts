import type { Transformation } from './types.js';

export const noise: Transformation = {
  name: 'noise',
  description: 'Adds Gaussian noise of this σ, a share of the pixel range, to every pixel value.',
  minimum: 0,
  maximum: 1,
  apply: (image, _shape, amount, stream) =>
    new Uint8Array(Uint8ClampedArray.from(image, (value) => value + 255 * amount * stream.normal())),
};
