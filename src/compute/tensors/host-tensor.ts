/** Arithmetic on host tensors: sizes, slices of the batch axis, and checks of what callers pass in. @module */
import { ComputeError } from '../errors.js';
import type { BatchedFunctionSpec, BatchedInput, DType, HostTensor, HostTensors } from '../engine/types.js';

export type HostData = HostTensor['data'];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function bytesPerElement(dtype: DType): number {
  return dtype === 'bool' ? 1 : 4;
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

/** Checks one tensor against what a function declares; `where` is the name for the message. */
export function checkTensor(where: string, tensor: HostTensor | undefined, dtype: DType, shape: readonly number[]): HostTensor {
  if (!tensor) throw new ComputeError('INTERNAL', `Input '${where}' is missing.`, [where]);
  const same = tensor.shape.length === shape.length && tensor.shape.every((n, i) => n === shape[i]);
  if (tensor.dtype !== dtype || !same || tensor.data.length !== sizeOf(shape)) {
    throw new ComputeError(
      'INTERNAL',
      `Input '${where}' must be ${dtype} [${shape.join(', ')}], but is ${tensor.dtype} [${tensor.shape.join(', ')}] with ${tensor.data.length} values.`,
      [where],
    );
  }
  return tensor;
}

/** Checks a batched function's inputs. @returns the number of examples, n. */
export function checkBatch(spec: BatchedFunctionSpec, inputs: HostTensors): number {
  const unknown = Object.keys(inputs).filter((name) => !(name in spec.inputs));
  if (unknown.length) throw new ComputeError('INTERNAL', `${spec.name} has no input named ${unknown.join(', ')}.`, unknown);
  let n: number | undefined;
  for (const [name, input] of Object.entries(spec.inputs)) {
    if (!input.shared) n ??= inputs[name]?.shape[0];
    checkTensor(name, inputs[name], input.dtype, input.shared ? input.shape : [n ?? 0, ...input.shape]);
  }
  if (n === undefined) throw new ComputeError('INTERNAL', `${spec.name} has no input with a batch axis.`);
  return n;
}

/** Inputs of one example, all zero: enough to learn the shapes of a function's outputs. */
export function zeroExample(inputs: Readonly<Record<string, BatchedInput>>): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape, shared }]) => {
      const full = shared ? shape : [1, ...shape];
      return [name, { dtype, shape: full, data: allocate(dtype, sizeOf(full)) }];
    }),
  );
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ComputeError('CANCELLED', 'The run was cancelled.', undefined, { cause: signal.reason });
}

/** Checks that `feedback` names outputs and inputs that fit each other. Throws INTERNAL otherwise. */
export function checkFeedback(spec: BatchedFunctionSpec, outputs: readonly string[], feedback: Readonly<Record<string, string>>): void {
  for (const [output, input] of Object.entries(feedback)) {
    if (!outputs.includes(output))
      throw new ComputeError('INTERNAL', `${spec.name} has no output named '${output}' to feed back.`, [output]);
    if (!(input in spec.inputs))
      throw new ComputeError('INTERNAL', `${spec.name} has no input named '${input}' to feed '${output}' into.`, [input]);
  }
}
