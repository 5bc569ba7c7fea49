import { fromPixels, toPixels } from './pixels.js';
import type { Transformation } from './types.js';

export const blur: Transformation = {
  name: 'blur',
  description: 'Gaussian blur of this σ, in pixels.',
  minimum: 0.3,
  maximum: 100,
  apply: async (image, shape, amount) => toPixels((await fromPixels(image, shape)).blur(amount), shape),
};
