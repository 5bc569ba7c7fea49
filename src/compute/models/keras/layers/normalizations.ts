/** Normalizations. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { batchNormalization } from '../../dataflow/batch-normalization.js';
import { normalAxis } from '../../dataflow/value.js';
import { computes, type LayerTable, optional, sameShape, sizeOfAxis, weight } from '../layer.js';

const epsilonOf = (settings: Attributes) => settings.number('epsilon', 1e-3);

/** Old Keras wrote the one axis of batch normalization as a list. */
function axesOf(settings: Attributes, rank: number): number[] {
  const given = settings.values['axis'] ?? -1;
  return (typeof given === 'number' ? [given] : settings.numbers('axis')).map((axis) => normalAxis(axis, rank));
}

/** Scale and shift as factors of x, whose sizes along the axes they have. */
function along(x: tf.Tensor, axes: readonly number[], vector: tf.Tensor): tf.Tensor {
  return tf.reshape(
    vector,
    x.shape.map((size, i) => (axes.includes(i) ? size : 1)),
  );
}

export const normalizations: LayerTable = {
  BatchNormalization: {
    ...sameShape,
    mask: 'PASSED',
    statistics: [3, 4],
    weights(settings, input) {
      const shape = axesOf(settings, input.length).map((axis) => sizeOfAxis(input, axis));
      return [
        settings.flag('scale', true) ? weight('gamma', shape) : undefined,
        settings.flag('center', true) ? weight('beta', shape) : undefined,
        weight('moving_mean', shape),
        weight('moving_variance', shape),
      ];
    },
    run(call) {
      const [axis] = axesOf(call.attributes, call.input(0).rank);
      return batchNormalization(call, axis!, epsilonOf(call.attributes), call.attributes.number('momentum', 0.99));
    },
  },
  LayerNormalization: {
    ...sameShape,
    mask: 'PASSED',
    weights(settings, input) {
      const shape = axesOf(settings, input.length).map((axis) => sizeOfAxis(input, axis));
      return [
        settings.flag('scale', true) ? weight('gamma', shape) : undefined,
        settings.flag('center', true) ? weight('beta', shape) : undefined,
      ];
    },
    ...computes((call) => {
      const x = call.input(0).plain;
      const axes = axesOf(call.attributes, x.rank);
      const [gamma, beta] = [optional(call, 1), optional(call, 2)];
      const { mean, variance } = tf.moments(x, axes, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilonOf(call.attributes)));
      const normal = tf.mul(tf.sub(x, mean), inverse);
      const scaled = gamma ? tf.mul(normal, along(x, axes, gamma)) : normal;
      return beta ? tf.add(scaled, along(x, axes, beta)) : scaled;
    }),
  },
};
