/** Models of every format. @module */
import { ComputeError } from '../errors.js';
import type { ModelFiles } from './source.js';
import { detectFormat } from './format.js';
import type { ModelFormat } from './model-format.js';
import { loadGraphModel } from './graph-model/index.js';
import { loadLayersModel } from './keras/index.js';
import { loadOnnxModel } from './onnx/index.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel, type ModelLimits } from './types.js';

type Loader = (files: ModelFiles, limits: ModelLimits) => Promise<DifferentiableModel>;

const LOADERS: Readonly<Record<ModelFormat, Loader>> = {
  LAYERS_MODEL: loadLayersModel,
  ONNX: loadOnnxModel,
  TFJS_GRAPH_MODEL: loadGraphModel,
};

/**
 * Reads a model from its folder; its format is found out where it is not given.
 * @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault.
 */
export async function loadModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<DifferentiableModel> {
  const format = await detectFormat(files.directory, limits);
  if (files.format && files.format !== format) {
    throw new ComputeError('INVALID_MODEL', `The files are those of a model of the format ${format}, not ${files.format}.`, ['format']);
  }
  return readable(() => LOADERS[format](files, limits));
}

/** @throws ComputeError INVALID_MODEL where reading took more than there is. */
export async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // The stack or an allocation gave out, as it does on what is nested very deep or declared very large.
    if (!(error instanceof RangeError)) throw error;
    throw new ComputeError('INVALID_MODEL', `The model is nested too deeply or is too large to be read: ${error.message}.`, ['directory']);
  }
}
