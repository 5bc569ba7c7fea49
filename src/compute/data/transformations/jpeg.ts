import { loadSharp } from '../load-sharp.js';
import { fromPixels, toPixels } from './pixels.js';
import type { Transformation } from './types.js';

export const jpeg: Transformation = {
  name: 'jpeg',
  description: 'Stores as JPEG of this quality, from 1 to 100, and reads it again.',
  minimum: 1,
  maximum: 100,
  async apply(image, shape, amount) {
    const file = await (await fromPixels(image, shape)).jpeg({ quality: Math.round(amount) }).toBuffer();
    return toPixels((await loadSharp())(file), shape);
  },
};
