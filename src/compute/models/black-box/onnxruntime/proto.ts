/** An ONNX file with everything in it that onnxruntime needs to run it. @module */
import { dirname } from 'node:path';
import { ComputeError } from '../../../errors.js';
import type { OnnxModel } from '../../onnx/declaration.js';
import { readOnnxProto } from '../../onnx/file.js';
import { takeIn, tensorsOf } from '../../onnx/tensors.js';
import type { ModelLimits } from '../../types.js';

/**
 * Reads the file and takes its external data in: what onnxruntime is given names no other file.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION (types of tensors) or LIMIT_EXCEEDED.
 */
export async function readWhole(path: string, limits: ModelLimits): Promise<OnnxModel> {
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
