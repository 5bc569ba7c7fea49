/** TensorFlow.js GraphModels as DifferentiableModels: their operators run one by one, fused ones in parts, so that they have gradients. @module */
import type { ModelFiles } from '../source.js';
import { dataflowModel } from '../dataflow/model.js';
import { findModelJson, readModelJson } from '../model-json.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel } from '../types.js';
import { readWeights } from '../weight-files.js';
import { graphModelOperators } from './operators/index.js';
import { saveGraphModel } from './save.js';
import { readGraph } from './topology.js';

/** @throws ComputeError INVALID_MODEL, UNSUPPORTED_OPERATION or LIMIT_EXCEEDED, with the path of what is at fault. */
export async function loadGraphModel(files: ModelFiles, limits = DEFAULT_MODEL_LIMITS): Promise<DifferentiableModel> {
  const { json, directory } = await readModelJson(await findModelJson(files.directory), limits);
  const weights = await readWeights(directory, json.weightsManifest, limits);
  const source = readGraph(json, weights, files.spec ?? {}, limits);
  const save: DifferentiableModel['save'] = (variables, to) => saveGraphModel(json, source.graph.output, weights, variables, to);
  return dataflowModel({ format: 'TFJS_GRAPH_MODEL', ...source, operators: graphModelOperators, save }, files.spec ?? {}, limits);
}
