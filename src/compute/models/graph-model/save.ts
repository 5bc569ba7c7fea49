/** Writes a GraphModel again with other weights; the graph stays as the converter wrote it. @module */
import type { HostTensors } from '../../tensors/index.js';
import { type ModelJson, writeModelJson } from '../model-json.js';

/**
 * Writes `model.json` and `weights.bin`, which holds quantised weights as float32.
 * @param output name of the value that the file outputs; written down, since nodes that only served such constants are no longer read by any other.
 * @param weights of the file.
 * @param variables those that the importer found: some of the weights, and values that nodes compute of constants alone, which become constants.
 */
export async function saveGraphModel(
  { format, modelTopology, signature, userDefinedMetadata }: ModelJson,
  output: string,
  weights: HostTensors,
  variables: HostTensors,
  directory: string,
): Promise<void> {
  const node = (modelTopology['node'] as { name: string }[]).map((definition) => {
    const { name } = definition;
    return Object.hasOwn(variables, name) ? { name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } } : definition;
  });
  const json = {
    format,
    modelTopology: { ...modelTopology, node },
    signature: signature ?? userDefinedMetadata?.['signature'] ?? { outputs: { [output]: { name: output } } },
    userDefinedMetadata,
  };
  await writeModelJson(directory, json, { ...weights, ...variables });
}
