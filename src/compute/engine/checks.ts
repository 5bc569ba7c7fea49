/** Checks of what callers pass to an engine. @module */
import { ComputeError } from '../errors.js';
import { allocate, type DType, type HostTensor, type HostTensors, sizeOf } from '../tensors/index.js';
import type { BatchedFunctionSpec, BatchedInput } from './types.js';

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
