/** Writes a model in TensorFlow.js' LayersModel format. @module */
import type { Topology } from './topology.js';
import type { ModelSpec } from '../types.js';
import type { HostTensors } from '../../tensors/index.js';
import { SPEC_METADATA_KEY, writeModelJson } from '../model-json.js';

interface SavedModel {
  readonly topology: Topology;
  readonly variables: HostTensors;
  readonly spec: ModelSpec;
}

/**
 * Writes `model.json` and `weights.bin`. Any TensorFlow.js program can load them; this one finds the spec inside too.
 * @param directory made where it does not exist.
 */
export async function saveLayersModel({ topology, variables, spec }: SavedModel, directory: string): Promise<void> {
  const json = { format: 'layers-model', modelTopology: { ...topology }, userDefinedMetadata: { [SPEC_METADATA_KEY]: spec } };
  await writeModelJson(directory, json, variables);
}
