/** ONNX files as DifferentiableModels: their operators run as TensorFlow.js ops, so that they have gradients and can be trained. @module */
import { dirname } from 'node:path';
import { ComputeError } from '../../errors.js';
import { AS_BLACK_BOX } from '../gradient-advice.js';
import type { ModelFiles } from '../source.js';
import { dataflowModel } from '../dataflow/model.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelLimits } from '../types.js';
import { findOnnxFile, readOnnxFile, readOnnxProto } from './file.js';
import { findInput } from './input.js';
import { onnxOperators } from './operators/index.js';
import { findScores } from './outputs.js';
import { saveOnnxModel } from './save.js';

/**
 * Reads the one `.onnx` file of a folder, with its external data.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadOnnxModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<DifferentiableModel> {
  try {
    return await importModel(files, limits);
  } catch (error) {
    if (!(error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION')) throw error;
    const advice = `Or submit the file ${AS_BLACK_BOX}: onnxruntime then runs it as it is, without gradients.`;
    throw new ComputeError(error.code, `${error.message} ${advice}`, error.path, { cause: error });
  }
}

async function importModel({ directory, spec = {} }: ModelFiles, limits: ModelLimits): Promise<DifferentiableModel> {
  const path = await findOnnxFile(directory);
  const file = await readOnnxFile(path, limits);
  const { name, input } = findInput(file, spec);
  const { graph, warnings } = findScores(file, name);
  const save: DifferentiableModel['save'] = async (variables, to) =>
    saveOnnxModel(await readOnnxProto(path, limits), dirname(path), variables, to);
  return dataflowModel({ format: 'ONNX', graph, operators: onnxOperators, input, warnings, save }, spec, limits);
}
