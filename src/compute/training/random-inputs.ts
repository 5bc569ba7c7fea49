/** Random values that a step takes as inputs, since a compiled step draws none itself. @module */
import { type HostTensor, sizeOf } from '../tensors/index.js';
import type { RandomStream } from '../random.js';

/** Values of `draw`, one after the other. */
export function drawn(shape: readonly number[], draw: () => number): HostTensor {
  return floats(shape, Float32Array.from({ length: sizeOf(shape) }, draw));
}

/** N(0, sigma²). */
export function normal(stream: RandomStream, shape: readonly number[], sigma = 1): HostTensor {
  return drawn(shape, () => sigma * stream.normal());
}

export function floats(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: 'float32', shape, data };
}
