/** Arithmetic on host tensors: sizes, slices of the batch axis, and checks of what callers pass in. @module */
import type { DType, HostTensor, HostTensors } from './types.js';

export type HostData = HostTensor['data'];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function bytesPerElement(dtype: DType): number {
  return dtype === 'bool' ? 1 : 4;
}

/** Of all values of tensors. */
export function bytesOf(tensors: Readonly<Record<string, Pick<HostTensor, 'dtype' | 'shape'>>>): number {
  return Object.values(tensors).reduce((sum, { dtype, shape }) => sum + sizeOf(shape) * bytesPerElement(dtype), 0);
}

/** The values of a float32 tensor. */
export function floats({ dtype, data }: HostTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError(`A tensor holds ${dtype}, not float32.`);
}

/** Zeros of a dtype, in a buffer that worker threads can share where `shared`. */
export function allocate(dtype: DType, size: number, shared = false): HostData {
  const bytes = size * bytesPerElement(dtype);
  return viewOf(dtype, shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), 0, size);
}

export function viewOf(dtype: DType, buffer: ArrayBufferLike, byteOffset: number, size: number): HostData {
  if (dtype === 'float32') return new Float32Array(buffer, byteOffset, size);
  if (dtype === 'int32') return new Int32Array(buffer, byteOffset, size);
  return new Uint8Array(buffer, byteOffset, size);
}

/** The values themselves where they have the array of their dtype: TensorFlow.js' cpu backend casts booleans to numbers without it. */
export function asHostData(values: Iterable<number>, dtype: DType): HostData {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}

/** Rows `start` to `end` of axis 0, a view on the same memory. */
export function rows(tensor: HostTensor, start: number, end: number): HostTensor {
  const stride = sizeOf(tensor.shape.slice(1));
  return { dtype: tensor.dtype, shape: [end - start, ...tensor.shape.slice(1)], data: tensor.data.subarray(start * stride, end * stride) };
}

/** Batches with the same tensors, one after the other along axis 0. @param parts at least one. */
export function concatenate(parts: readonly HostTensors[]): HostTensors {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  return Object.fromEntries(Object.keys(first).map((name) => [name, concatenateRows(parts.map((part) => part[name]!))]));
}

function concatenateRows(parts: readonly HostTensor[]): HostTensor {
  const { dtype, shape } = parts[0]!;
  const full = [parts.reduce((n, part) => n + part.shape[0]!, 0), ...shape.slice(1)];
  const data = allocate(dtype, sizeOf(full));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { dtype, shape: full, data };
}
