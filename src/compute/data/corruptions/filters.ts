/** Linear filters of SciPy and OpenCV. @module */
import { type Border, nearest, reflect101 } from './pictures.js';
import type { Picture } from './types.js';

/** `scipy.ndimage.gaussian_filter` of each channel, as `skimage.filters.gaussian` calls it. */
export function gaussian(
  picture: Picture,
  sigma: number,
  { border = nearest, truncate = 4 }: { border?: Border; truncate?: number } = {},
): Picture {
  const radius = Math.trunc(truncate * sigma + 0.5);
  if (sigma <= 1e-15 || radius === 0) return picture;
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp((-0.5 / (sigma * sigma)) * (i - radius) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = weights.map((weight) => weight / total);
  return alongRows(alongColumns(picture, kernel, border), kernel, border);
}

function alongColumns({ height, width, channels, values }: Picture, kernel: Float64Array, border: Border): Picture {
  const row = width * channels;
  const radius = kernel.length >> 1;
  const out = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let tap = 0; tap < kernel.length; tap++) {
      const from = border(y + tap - radius, height) * row;
      const weight = kernel[tap]!;
      for (let i = 0; i < row; i++) out[y * row + i]! += weight * values[from + i]!;
    }
  }
  return { height, width, channels, values: out };
}

function alongRows({ height, width, channels, values }: Picture, kernel: Float64Array, border: Border): Picture {
  const radius = kernel.length >> 1;
  const out = new Float64Array(values.length);
  for (let x = 0; x < width; x++) {
    for (let tap = 0; tap < kernel.length; tap++) {
      const from = border(x + tap - radius, width);
      const weight = kernel[tap]!;
      for (let y = 0; y < height; y++) {
        for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c]! += weight * values[(y * width + from) * channels + c]!;
      }
    }
  }
  return { height, width, channels, values: out };
}

/** A square kernel of odd side. */
export interface Kernel {
  readonly side: number;
  readonly weights: ArrayLike<number>;
}

/** `cv2.filter2D` of each channel: a correlation. */
export function filter2d({ height, width, channels, values }: Picture, { side, weights }: Kernel): Picture {
  const radius = side >> 1;
  const out = new Float64Array(values.length);
  for (let ky = 0; ky < side; ky++) {
    for (let kx = 0; kx < side; kx++) {
      const weight = weights[ky * side + kx]!;
      if (weight === 0) continue;
      const columns = Int32Array.from({ length: width }, (_, x) => reflect101(x + kx - radius, width) * channels);
      for (let y = 0; y < height; y++) {
        const from = reflect101(y + ky - radius, height) * width * channels;
        for (let x = 0, to = y * width * channels; x < width; x++) {
          for (let c = 0; c < channels; c++) out[to++]! += weight * values[from + columns[x]! + c]!;
        }
      }
    }
  }
  return { height, width, channels, values: out };
}

/** `cv2.blur` of float32 with a square of three pixels: the sum first, so that what is flat stays as it is. */
export function boxBlur3(picture: Picture): Picture {
  const { values, ...shape } = filter2d(picture, { side: 3, weights: new Float64Array(9).fill(1) });
  return { ...shape, values: values.map((sum) => Math.fround(sum * (1 / 9))) };
}
