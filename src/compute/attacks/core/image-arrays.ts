/** Images on the host as plain arrays of pixel values, for attacks that draw every query there. @module */
import { BYTE_LEVELS, type HostTensor } from '../../tensors/index.js';

/** Pixel values of one image of a batch. */
export function imageSize({ data, shape }: HostTensor): number {
  return data.length / Math.max(1, shape[0]!);
}

/** Row `index` of a matrix, as a view: one image of many. */
export function row(data: Float32Array, size: number, index: number): Float32Array {
  return data.subarray(index * size, (index + 1) * size);
}

/** The product of two vectors of one length, added up in their order. */
export function dot<Values extends Float32Array | Float64Array>(a: Values, b: Values): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += a[p]! * b[p]!;
  return sum;
}

/** A pixel value, brought into [0, 1]. */
export function clipped(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** Rounds an image to whole levels. @param most the highest; 1: floats, which stay. */
export function roundToLevels(image: Float32Array, most = BYTE_LEVELS): void {
  if (most === 1) return;
  for (let p = 0; p < image.length; p++) image[p] = Math.round(most * image[p]!) / most;
}

/** Copies row `index` of a tensor to the same place in another of its shape. */
export function copyRow(to: HostTensor, from: HostTensor, index: number): void {
  const size = imageSize(to);
  to.data.set(from.data.subarray(index * size, (index + 1) * size), index * size);
}
