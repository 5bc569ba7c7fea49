/** Tensors in ordinary memory, as they pass between functions, threads and engines. @module */
import type { Tensor } from '@tensorflow/tfjs-core';

export type DType = 'float32' | 'int32' | 'bool';

/** A tensor's values in ordinary memory, row-major. `bool` is one byte each. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export type HostTensors = Record<string, HostTensor>;
export type Tensors = Record<string, Tensor>;

export type ImageShape = readonly [height: number, width: number, channels: number];
