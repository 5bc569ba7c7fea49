/** Formats of model files, told apart by the files. @module */
import { ComputeError } from '../errors.js';
import type { ModelFormat } from './model-format.js';
import { findFiles } from './model-files.js';
import { findModelJson, readModelJson } from './model-json.js';
import type { ModelLimits } from './types.js';

/** @throws ComputeError INVALID_MODEL where a folder holds no model, or several. */
export async function detectFormat(directory: string, limits: ModelLimits): Promise<ModelFormat> {
  if ((await findFiles(directory, isOnnxName)).length > 0) return 'ONNX';
  await refuseCheckpoint(directory);
  const { json } = await readModelJson(await findModelJson(directory), limits);
  return json.format === 'graph-model' || Array.isArray(json.modelTopology['node']) ? 'TFJS_GRAPH_MODEL' : 'LAYERS_MODEL';
}

/** Of PyTorch, whose files are zips, whatever their names say. @throws ComputeError INVALID_MODEL for what `torch.save` wrote. */
export async function refuseCheckpoint(directory: string): Promise<void> {
  if ((await findFiles(directory, (name) => name === 'data.pkl')).length === 0) return;
  throw new ComputeError(
    'INVALID_MODEL',
    "This is a checkpoint that torch.save wrote: weights, or a pickled module, which only the Python code that made it can read. Export the network by torch.onnx.export(model.eval(), example, 'model.onnx'), and submit that file.",
    ['directory'],
  );
}

export function isOnnxName(name: string): boolean {
  return name.toLowerCase().endsWith('.onnx');
}
