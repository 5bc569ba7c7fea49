/** Writes a model in TensorFlow.js' LayersModel format. @module */
import type { LayersDifferentiableModel } from './layers-model.js';
import { writeModelJson } from './model-json.js';

/** Key of the spec in `userDefinedMetadata` of a `model.json` that this project wrote. */
export const SPEC_METADATA_KEY = 'gauntletSpec';

/**
 * Writes `model.json` and `weights.bin`. Any TensorFlow.js program can load them; this one finds the spec inside too.
 * @param directory made where it does not exist.
 */
export async function saveLayersModel(
  { topology, variables, spec }: Pick<LayersDifferentiableModel, 'topology' | 'variables' | 'spec'>,
  directory: string,
): Promise<void> {
  const json = { format: 'layers-model', modelTopology: { ...topology }, userDefinedMetadata: { [SPEC_METADATA_KEY]: spec } };
  await writeModelJson(directory, json, variables);
}
