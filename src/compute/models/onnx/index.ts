/** ONNX files as DifferentiableModels: their operators run as TensorFlow.js ops, so that they have gradients and can be trained. @module */
import type { ModelFiles } from '../../host/types.js';
import { dataflowModel } from '../dataflow/model.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel } from '../types.js';
import { findOnnxFile, readOnnxFile } from './file.js';
import { findInput } from './input.js';
import { onnxOperators } from './operators/index.js';
import { findScores } from './outputs.js';

/**
 * Reads the one `.onnx` file of a folder, with its external data.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadOnnxModel({ directory, spec = {} }: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<DifferentiableModel> {
  const file = await readOnnxFile(await findOnnxFile(directory), limits);
  const { name, input } = findInput(file, spec);
  const { graph, warnings } = findScores(file, name);
  return dataflowModel({ graph, operators: onnxOperators, input, warnings }, spec, limits);
}
