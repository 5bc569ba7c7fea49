/** Formats of model files, told apart by the files. @module */
import { refuseForeignFile, refuseForeignFiles } from './foreign-files.js';
import type { ModelFormat } from './model-format.js';
import { findFiles } from './model-files.js';
import { findModelJson, readModelJson } from './model-json.js';
import type { ModelLimits } from './types.js';

/** @throws ComputeError INVALID_MODEL where a folder holds no model, or several. */
export async function detectFormat(directory: string, limits: ModelLimits): Promise<ModelFormat> {
  const onnx = await findFiles(directory, isOnnxName);
  // An upload without an archive has this name, whatever it is.
  if (onnx.length === 1) await refuseForeignFile(onnx[0]!);
  if (onnx.length > 0) return 'ONNX';
  await refuseForeignFiles(directory);
  const { json } = await readModelJson(await findModelJson(directory), limits);
  return json.format === 'graph-model' || Array.isArray(json.modelTopology['node']) ? 'TFJS_GRAPH_MODEL' : 'LAYERS_MODEL';
}

export function isOnnxName(name: string): boolean {
  return name.toLowerCase().endsWith('.onnx');
}
