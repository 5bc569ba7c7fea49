/** Where the elements of a 4-D value lie in memory, and how a constant is moved between layouts at compile time. @module */
import type { Value } from './graph.js';

/**
 * `plain`: as TensorFlow has it, `[batch, height, width, channels]`. `nchw`: `[batch, channels, height, width]`.
 * `blocked`: onnxruntime's NCHWc, `[batch, channels / block, height, width, block]` with channels padded to whole blocks by zeros
 * (or, after elementwise kernels, by finite values that no weight reads); its declared shape is `[batch, padded channels, height, width]`.
 */
export type Layout = 'plain' | 'nchw' | 'blocked';

/** A shape of rank 4: batch, height, width and channels; or those of a filter. */
export function fourOf(shape: readonly number[]): [number, number, number, number] {
  const [a, b, c, d] = shape;
  return [a!, b!, c!, d!];
}

export function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** Shape that ONNX sees of a value in a layout. */
export function physicalShape(shape: readonly number[], layout: Layout, block: number): number[] {
  if (layout === 'plain') return [...shape];
  const [n, h, w, c] = fourOf(shape);
  return [n, layout === 'blocked' ? roundUp(c, block) : c, h, w];
}

/** Elements of a constant in another layout. */
export function rearrange(value: Value, layout: Layout, block: number): Value['data'] {
  if (layout === 'plain') return value.data;
  const [n, h, w, c] = fourOf(value.shape);
  const source = value.data;
  const size = layout === 'blocked' ? block : 1;
  const groups = Math.ceil(c / size);
  const target = new (source.constructor as Float32ArrayConstructor)(n * groups * h * w * size);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < h * w; p++) {
      for (let k = 0; k < c; k++) {
        const group = Math.floor(k / size);
        target[((i * groups + group) * h * w + p) * size + (k % size)] = source[(i * h * w + p) * c + k]!;
      }
    }
  }
  return target;
}
