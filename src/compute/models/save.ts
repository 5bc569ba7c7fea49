/** Writes a model in TensorFlow.js' LayersModel format. @module */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SPEC_METADATA_KEY, type LayersDifferentiableModel } from './layers-model.js';

/**
 * Writes `model.json` and `weights.bin`. Any TensorFlow.js program can load them; this one finds the spec inside too.
 * @param directory made where it does not exist.
 */
export async function saveLayersModel(model: LayersDifferentiableModel, directory: string): Promise<void> {
  const entries = Object.entries(model.variables);
  const json = {
    format: 'layers-model',
    generatedBy: 'Gauntlet',
    convertedBy: null,
    modelTopology: model.topology,
    weightsManifest: [{ paths: ['weights.bin'], weights: entries.map(([name, { shape, dtype }]) => ({ name, shape, dtype })) }],
    userDefinedMetadata: { [SPEC_METADATA_KEY]: model.spec },
  };
  const bytes = entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'weights.bin'), Buffer.concat(bytes));
  await writeFile(join(directory, 'model.json'), `${JSON.stringify(json, null, 1)}\n`);
}
