/**
 * Dropout (Srivastava et al. 2014) in place of tfjs-layers' own, which draws from no seeded generator: the mask of each layer is given from outside.
 * @module
 */
import type { DropoutLayer } from './types.js';
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './build-layers-model.js';

/**
 * Replaces what the layer computes.
 * @param maskOf mask of a layer, `[n or more, ...shape]`, whose first rows are used.
 * @returns undefined where the layer drops whole slices (`noiseShape`) or takes any size.
 */
export function replaceDropout(layer: Layer, maskOf: (name: string) => tf.Tensor): DropoutLayer | undefined {
  const { rate, noiseShape } = layer.getConfig() as { rate: number; noiseShape?: number[] | null };
  const shape = (layer.outputShape as (number | null)[]).slice(1);
  if (noiseShape || shape.some((size) => size === null)) return undefined;
  layer.call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (kwargs?.['training'] !== true) return x;
    const mask = maskOf(layer.name);
    return tf.mul(x, mask.shape[0] === x.shape[0] ? mask : tf.slice(mask, [0], [x.shape[0]!]));
  };
  return { shape: shape as number[], rate };
}
