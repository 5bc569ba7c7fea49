/** SSIM, the structural similarity of two images (Wang, Bovik, Sheikh and Simoncelli 2004, doi 10.1109/TIP.2003.819861). @module */
import type { ImageShape } from '../tensors/index.js';
import { ImagePair } from './image-pair.js';

/** Width and σ of the Gaussian window, in pixels: the paper's. Its constants K1 and K2 are in assembly/ssim.ts. */
const WINDOW = 11;
const SIGMA = 1.5;

/**
 * Mean over every position of the window that lies inside the image, and over the channels: 1 for equal images, below 0 for opposite ones. Images that are
 * smaller than the window get the largest odd window that fits.
 * @param first `[height, width, channels]`, 8 bits a channel. @param second the same shape.
 */
export function ssim(first: Uint8Array, second: Uint8Array, shape: ImageShape): number {
  return pairFor(first, second, shape).ssim();
}

/** A pair of images that {@link ssim} can be computed of. */
export function pairFor(first: Uint8Array, second: Uint8Array, shape: ImageShape): ImagePair {
  const [height, width] = shape;
  return new ImagePair(first, second, shape, windowOf(Math.min(WINDOW, height - 1 + (height % 2), width - 1 + (width % 2))));
}

const windows = new Map<number, Float32Array>();

function windowOf(size: number): Float32Array {
  let window = windows.get(size);
  if (!window) windows.set(size, (window = halfOfGaussian(size)));
  return window;
}

/** Weights of a window of `size` pixels, which sum to 1, from the first to the middle one. The window in two dimensions is a product of two of these. */
function halfOfGaussian(size: number): Float32Array {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * SIGMA * SIGMA)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights.slice(0, (size + 1) / 2), (weight) => weight / sum);
}
