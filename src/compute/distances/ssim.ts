/** SSIM, the structural similarity of two images (Wang, Bovik, Sheikh and Simoncelli 2004, doi 10.1109/TIP.2003.819861). @module */
import type { ImageShape } from '../tensors/index.js';

/** Width and σ of the Gaussian window, in pixels, and the constants that keep the quotients finite: the paper's. */
const WINDOW = 11;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;
const RANGE = 255;
const C1 = (K1 * RANGE) ** 2;
const C2 = (K2 * RANGE) ** 2;

/**
 * Mean over every position of the window that lies inside the image, and over the channels: 1 for equal images, below 0 for opposite ones. Images that are
 * smaller than the window get the largest odd window that fits.
 * @param first `[height, width, channels]`, pixel values from 0 to 255. @param second the same shape.
 */
export function ssim(first: ArrayLike<number>, second: ArrayLike<number>, [height, width, channels]: ImageShape): number {
  const window = gaussian(Math.min(WINDOW, height - 1 + (height % 2), width - 1 + (width % 2)));
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const [x, y] = [plane(first, channels, channel), plane(second, channels, channel)];
    const products = [x, y, product(x, x), product(y, y), product(x, y)];
    const [meanX, meanY, xx, yy, xy] = products.map((values) => filtered(values, height, width, window));
    let total = 0;
    for (let p = 0; p < meanX!.length; p++) {
      const [mx, my] = [meanX![p]!, meanY![p]!];
      const luminance = (2 * mx * my + C1) / (mx * mx + my * my + C1);
      total += (luminance * (2 * (xy![p]! - mx * my) + C2)) / (xx![p]! - mx * mx + yy![p]! - my * my + C2);
    }
    sum += total / meanX!.length;
  }
  return sum / channels;
}

function plane(image: ArrayLike<number>, channels: number, channel: number): Float64Array {
  const values = new Float64Array(image.length / channels);
  for (let p = 0; p < values.length; p++) values[p] = image[p * channels + channel]!;
  return values;
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  const values = new Float64Array(a.length);
  for (let p = 0; p < values.length; p++) values[p] = a[p]! * b[p]!;
  return values;
}

/** Weights of a window of `size` pixels; they sum to 1. */
function gaussian(size: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * SIGMA * SIGMA)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The weighted mean at every position where the window fits: along rows, then along columns, since the Gaussian is a product of the two. */
function filtered(values: Float64Array, height: number, width: number, window: Float64Array): Float64Array {
  const columns = width - window.length + 1;
  const alongRows = new Float64Array(height * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < window.length; k++) sum += window[k]! * values[y * width + x + k]!;
      alongRows[y * columns + x] = sum;
    }
  }
  const result = new Float64Array((height - window.length + 1) * columns);
  for (let p = 0; p < result.length; p++) {
    let sum = 0;
    for (let k = 0; k < window.length; k++) sum += window[k]! * alongRows[p + k * columns]!;
    result[p] = sum;
  }
  return result;
}
