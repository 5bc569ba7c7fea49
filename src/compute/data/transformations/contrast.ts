import type { Transformation } from './types.js';

const MIDDLE = 127.5;

export const contrast: Transformation = {
  name: 'contrast',
  description: 'Multiplies the distance of every pixel value from the middle of the range; below 1 flattens.',
  minimum: 0,
  maximum: 10,
  apply: (image, _shape, amount) => new Uint8Array(Uint8ClampedArray.from(image, (value) => MIDDLE + amount * (value - MIDDLE))),
};
