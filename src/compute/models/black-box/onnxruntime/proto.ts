/** An ONNX file with everything in it that onnxruntime needs to run it. @module */
import { dirname } from 'node:path';
import type { GraphProto, ModelProto, TensorProto } from 'onnx-buf';
import { ComputeError } from '../../../errors.js';
import { readOnnxProto } from '../../onnx/file.js';
import { takeIn } from '../../onnx/tensors.js';
import type { ModelLimits } from '../../types.js';

/**
 * Reads the file and takes its external data in: what onnxruntime is given names no other file.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION (types of tensors) or LIMIT_EXCEEDED.
 */
export async function readWhole(path: string, limits: ModelLimits): Promise<ModelProto & { graph: GraphProto }> {
  const model = await readOnnxProto(path, limits);
  if (model.graph.node.length > limits.maximumLayers) {
    throw new ComputeError(
      'LIMIT_EXCEEDED',
      `The model has ${model.graph.node.length} nodes; at most ${limits.maximumLayers} are accepted.`,
      ['graph'],
    );
  }
  for (const tensor of tensorsOf(model)) await takeIn(tensor, dirname(path));
  return model;
}

/** Every tensor, those of attributes and of graphs inside of graphs too. */
function* tensorsOf(message: object): Generator<TensorProto> {
  if ('$typeName' in message && message.$typeName === 'onnx.TensorProto') yield message as TensorProto;
  else for (const child of Object.values(message)) if (isNested(child)) yield* tensorsOf(child);
}

/** A message or a list of messages; lists of numbers are left out. */
function isNested(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(Array.isArray(value) && typeof value[0] !== 'object')
  );
}
