/** Images on the host as plain arrays of pixel values, for attacks that draw every query there. @module */
import type { HostTensor } from '../../tensors/index.js';

/** Pixel values of one image of a batch. */
export function imageSize({ data, shape }: HostTensor): number {
  return data.length / Math.max(1, shape[0]!);
}

/** Row `index` of a matrix, as a view: one image of many. */
export function row(data: Float32Array, size: number, index: number): Float32Array {
  return data.subarray(index * size, (index + 1) * size);
}

/** A pixel value, brought into [0, 1]. */
export function clipped(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** Rounds an image to 8 bits. */
export function roundToLevels(image: Float32Array): void {
  for (let p = 0; p < image.length; p++) image[p] = Math.round(255 * image[p]!) / 255;
}

/** Copies row `index` of a tensor to the same place in another of its shape. */
export function copyRow(to: HostTensor, from: HostTensor, index: number): void {
  const size = imageSize(to);
  to.data.set(from.data.subarray(index * size, (index + 1) * size), index * size);
}
