/** Normalizations. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { batchNormalization } from '../../dataflow/batch-normalization.js';
import type { Call } from '../../dataflow/operator.js';
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
  GroupNormalization: {
    ...sameShape,
    mask: 'PASSED',
    weights(settings, input) {
      const shape = axesOf(settings, input.length).map((axis) => sizeOfAxis(input, axis));
      return scaleAndShift(settings, shape);
    },
    ...computes(groupNormalization),
  },
  LayerNormalization: {
    ...sameShape,
    mask: 'PASSED',
    weights(settings, input) {
      const shape = axesOf(settings, input.length).map((axis) => sizeOfAxis(input, axis));
      const [gamma, beta] = scaleAndShift(settings, shape);
      // Keras has no shift where it divides by the deviation alone.
      return settings.flag('rms_scaling') ? [weight('gamma', shape), undefined] : [gamma, beta];
    },
    ...computes((call) => {
      const x = call.input(0).plain;
      const axes = axesOf(call.attributes, x.rank);
      const [gamma, beta] = [optional(call, 1), optional(call, 2)];
      const { mean, variance } = tf.moments(x, axes, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilonOf(call.attributes)));
      const normal = tf.mul(call.attributes.flag('rms_scaling') ? x : tf.sub(x, mean), inverse);
      const scaled = gamma ? tf.mul(normal, along(x, axes, gamma)) : normal;
      return beta ? tf.add(scaled, along(x, axes, beta)) : scaled;
    }),
  },
  /** By statistics of data, which `adapt` measured, or which the settings give. */
  Normalization: {
    ...sameShape,
    statistics: [1, 2],
    unread: () => ['count'],
    weights(settings, input) {
      if (settings.has('mean')) return [undefined, undefined];
      const shape = keptAxes(settings, input.length).map((axis) => sizeOfAxis(input, axis));
      return [weight('mean', shape), weight('variance', shape)];
    },
    ...computes(normalization),
  },
  RMSNormalization: {
    ...sameShape,
    mask: 'PASSED',
    weights: (settings, input) => [
      weight(
        'scale',
        axesOf(settings, input.length).map((axis) => sizeOfAxis(input, axis)),
      ),
    ],
    ...computes((call) => {
      const x = call.input(0).plain;
      const axes = axesOf(call.attributes, x.rank);
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), axes, true), call.attributes.number('epsilon', 1e-6)));
      return tf.mul(tf.mul(x, inverse), along(x, axes, call.input(1).plain));
    }),
  },
  UnitNormalization: {
    ...sameShape,
    mask: 'PASSED',
    ...computes((call) => {
      const x = call.input(0).plain;
      return toUnitLength(x, axesOf(call.attributes, x.rank));
    }),
  },
};

function scaleAndShift(settings: Attributes, shape: readonly number[]) {
  return [
    settings.flag('scale', true) ? weight('gamma', shape) : undefined,
    settings.flag('center', true) ? weight('beta', shape) : undefined,
  ];
}

/** Shortest length that Keras divides by, squared: at zero the gradient is that of a division by it. */
const SHORTEST_SQUARE = 1e-12;

/** x divided by its length along the axes. */
export function toUnitLength(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), [...axes], true), SHORTEST_SQUARE)));
}

/** Wu & He 2018. */
function groupNormalization(call: Call): tf.Tensor {
  const x = call.input(0).plain;
  const [axis] = axesOf(call.attributes, x.rank);
  const channels = x.shape[axis!]!;
  const given = call.attributes.number('groups', 32);
  const groups = given === -1 ? channels : given;
  if (channels % groups !== 0) throw new ComputeError('INVALID_MODEL', `${channels} channels do not fall into ${groups} groups`);
  const apart = tf.reshape(x, [...x.shape.slice(0, axis), groups, channels / groups, ...x.shape.slice(axis! + 1)]);
  const inGroup = apart.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const { mean, variance } = tf.moments(apart, inGroup, true);
  const normal = tf.mul(tf.sub(apart, mean), tf.rsqrt(tf.add(variance, epsilonOf(call.attributes))));
  const [gamma, beta] = [optional(call, 1), optional(call, 2)];
  const y = tf.reshape(normal, x.shape);
  const scaled = gamma ? tf.mul(y, along(x, [axis!], gamma)) : y;
  return beta ? tf.add(scaled, along(x, [axis!], beta)) : scaled;
}

/** Axes along which statistics differ, of which there may be none. */
function keptAxes(settings: Attributes, rank: number): number[] {
  return settings.has('axis') ? axesOf(settings, rank).sort((a, b) => a - b) : [];
}

/** Smallest deviation that Keras divides by. */
const SMALLEST_DEVIATION = 1e-7;

function normalization(call: Call): tf.Tensor {
  const x = call.input(0).plain;
  const { attributes } = call;
  const axes = keptAxes(attributes, x.rank);
  const sizes = axes.map((axis) => x.shape[axis]!);
  const statistic = (name: string, at: number) => {
    const given = attributes.values[name];
    const value =
      given === undefined ? call.input(at).plain : tf.tensor(typeof given === 'number' ? [given] : [...attributes.numbers(name)]);
    return value.size === 1 ? tf.reshape(value, []) : along(x, axes, tf.broadcastTo(value, sizes));
  };
  const mean = statistic('mean', 1);
  const deviation = tf.maximum(tf.sqrt(statistic('variance', 2)), SMALLEST_DEVIATION);
  return attributes.flag('invert') ? tf.add(mean, tf.mul(x, deviation)) : tf.div(tf.sub(x, mean), deviation);
}
