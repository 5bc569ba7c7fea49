/** Resizing by libvips, in threads of its own: the fastest. @module */
import { loadSharp } from '../load-sharp.js';
import { CROP, type Resizing } from './types.js';

export const vipsLinear: Resizing = {
  name: 'VIPS_LINEAR',
  description: `The shorter side is resized to side ÷ ${CROP}, antialiased, by libvips' linear kernel, then the middle is cut out. Made in threads of its own: the fastest.`,
  async middle({ pixels, width, height }, side) {
    const whole = Math.round(side / CROP);
    const margin = Math.floor((whole - side) / 2);
    const sharp = await loadSharp();
    return sharp(pixels, { raw: { width, height, channels: 3 } })
      .resize(whole, whole, { fit: 'cover', kernel: 'linear' })
      .extract({ left: margin, top: margin, width: side, height: side })
      .raw()
      .toBuffer();
  },
};
