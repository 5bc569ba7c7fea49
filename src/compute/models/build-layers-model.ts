/**
 * Builds the tfjs-layers object from a topology, without values for its variables, and without trusting the topology: a small file may
 * declare layers of any size.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { LayersModel, models, type LayerVariable } from '@tensorflow/tfjs-layers';
import { sizeOf } from '../tensors/index.js';
import { computeOn } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { dilatedSize } from './dilated-convolutions.js';
import type { Topology } from './topology.js';
import type { ModelLimits } from './types.js';

export type Layer = LayersModel['layers'][number];

/**
 * @param parameterBudget most values that the variables may have together. The model is refused before more are allocated.
 * @returns a model whose variables are disposed of: they only carry names and shapes.
 * @throws ComputeError INVALID_MODEL or LIMIT_EXCEEDED.
 */
export async function buildLayersModel(topology: Topology, parameterBudget: number, limits: ModelLimits): Promise<LayersModel> {
  const variables: LayerVariable[] = [];
  try {
    // Asynchronous by its type only: without a weights manifest all is done when it returns, before anything else of this thread runs.
    const model = await withPlaceholders(parameterBudget, variables, () =>
      computeOn('cpu', () => models.modelFromJSON({ modelTopology: structuredClone(topology) as never })),
    );
    checkLayerSizes(model, limits);
    return model;
  } catch (error) {
    if (error instanceof ComputeError) throw error;
    throw new ComputeError('INVALID_MODEL', `The topology cannot be built: ${(error as Error).message}`, ['modelTopology'], {
      cause: error,
    });
  } finally {
    for (const variable of variables) variable.dispose();
  }
}

type AddWeight = (name: string, shape: number[], dtype: tf.DataType, initializer: unknown, ...rest: unknown[]) => LayerVariable;

/** Every layer class makes its variables by `Layer.addWeight`. While `fn` runs, that counts values, and fills with zeros rather than by initializers. */
function withPlaceholders<T>(parameterBudget: number, made: LayerVariable[], fn: () => T): T {
  const layerPrototype = Object.getPrototypeOf(Object.getPrototypeOf(LayersModel.prototype)) as { addWeight: AddWeight };
  const original = layerPrototype.addWeight;
  const zeros = { apply: (shape: number[], dtype?: tf.DataType) => tf.zeros(shape, dtype) };
  let values = 0;
  layerPrototype.addWeight = function (this: unknown, name, shape, dtype, _initializer, _regularizer, trainable) {
    values += sizeOf(shape);
    if (!(values <= parameterBudget)) {
      throw new ComputeError('INVALID_MODEL', `The layers need more than the ${parameterBudget} weights that the files hold.`, [
        'modelTopology',
      ]);
    }
    const variable = original.call(this, name, shape, dtype, zeros, undefined, trainable);
    made.push(variable);
    return variable;
  };
  try {
    return fn();
  } finally {
    layerPrototype.addWeight = original;
  }
}

/** Layers of the model and of the models inside it. */
export function* leafLayers(model: LayersModel): Generator<Layer> {
  for (const layer of model.layers) {
    if (layer instanceof LayersModel) yield* leafLayers(layer);
    else yield layer;
  }
}

function checkLayerSizes(model: LayersModel, limits: ModelLimits): void {
  for (const layer of leafLayers(model)) {
    const values = sizeOf(shapeOf(layer).map((size) => size ?? 1));
    const filter = dilatedSize(layer);
    if (values <= limits.maximumLayerValues && filter <= limits.maximumLayerValues) continue;
    const what =
      values > limits.maximumLayerValues ? `puts out ${values} values for one image` : `has a dilated filter of ${filter} values`;
    throw new ComputeError('LIMIT_EXCEEDED', `Layer ${layer.name} ${what}; at most ${limits.maximumLayerValues} are accepted.`, [
      'modelTopology',
      layer.name,
    ]);
  }
}

/** A layer that is used several times with different shapes has no single one; its neighbours are checked. */
function shapeOf(layer: Layer): (number | null)[] {
  try {
    return (layer.outputShape as (number | null)[]).flat();
  } catch {
    return [];
  }
}
