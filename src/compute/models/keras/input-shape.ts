/** The shape of images that a model declares. @module */
import { ComputeError } from '../../errors.js';
import type { Shape } from './layer.js';
import { settingsOf } from './settings.js';
import { type LayerConfig, nameOf } from './topology.js';

/** What an InputLayer, or the first layer of a Sequential, declares, with the batch in front. @throws ComputeError INVALID_MODEL */
export function declaredShape(layer: LayerConfig): Shape {
  const { values } = settingsOf(nameOf(layer), layer.config);
  const withBatch = values['batch_input_shape'] ?? values['batch_shape'];
  const withoutBatch = values['input_shape'] ?? byClass(layer, values);
  const found = Array.isArray(withBatch) ? withBatch : [withoutBatch ?? []].flat();
  const shape = (withBatch ? found : [-1, ...found]).map((size) => (size === -1 ? null : size));
  if (shape.length > 1 && shape.slice(1).every(isSize)) return [null, ...shape.slice(1)];
  throw new ComputeError('INVALID_MODEL', `The topology cannot be built: layer ${nameOf(layer)} declares no valid input shape.`, [
    'modelTopology',
    nameOf(layer),
  ]);
}

const isSize = (size: unknown): size is number | null => size === null || (Number.isSafeInteger(size) && (size as number) > 0);

/** Classes with a setting of their own for it. */
function byClass({ class_name }: LayerConfig, values: Readonly<Record<string, unknown>>): unknown {
  if (class_name === 'Dense') return values['input_dim'];
  return class_name === 'Embedding' ? (values['input_length'] ?? -1) : undefined;
}
