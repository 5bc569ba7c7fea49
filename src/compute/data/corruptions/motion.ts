/** `MagickMotionBlurImage` of ImageMagick (`MagickCore/effect.c`), on 8 bits. @module */
import { nearest } from './pictures.js';
import type { Picture } from './types.js';

/**
 * One side of a Gaussian of `radius` pixels and deviation `sigma` along a line.
 * @param angle in degrees. @returns whole levels.
 */
export function motionBlur(
  { height, width, channels, values }: Picture<ArrayLike<number>>,
  { radius, sigma, angle }: { readonly radius: number; readonly sigma: number; readonly angle: number },
): Float64Array {
  const taps = 2 * radius + 1;
  const weights = Float64Array.from({ length: taps }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const radians = (angle * Math.PI) / 180;
  const [across, down] = [taps * Math.sin(radians), taps * Math.cos(radians)];
  const length = Math.hypot(across, down);
  const out = new Float64Array(height * width * channels);
  for (let tap = 0; tap < taps; tap++) {
    const weight = weights[tap]! / total;
    const dx = Math.ceil((tap * down) / length - 0.5);
    const dy = Math.ceil((tap * across) / length - 0.5);
    for (let y = 0, to = 0; y < height; y++) {
      const row = nearest(y + dy, height) * width;
      for (let x = 0; x < width; x++) {
        const from = (row + nearest(x + dx, width)) * channels;
        for (let c = 0; c < channels; c++) out[to++]! += weight * values[from + c]!;
      }
    }
  }
  return out.map(Math.round);
}
