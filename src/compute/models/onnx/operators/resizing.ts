/** Resizing of images. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';

interface Axis {
  readonly from: number;
  readonly to: number;
  /** As given; sizes give their quotient. */
  readonly scale: number;
}

/** How positions and values are found between pixels. */
interface Style {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  /** Keys' coefficient: -0.75 in PyTorch, -0.5 in TensorFlow. */
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
}

/** Each output pixel is a sum of input pixels with weights: one with `nearest`, two with `linear`, four with `cubic`. */
function resizeAxis(x: tf.Tensor4D, at: 1 | 2, axis: Axis, style: Style): tf.Tensor4D {
  if (axis.from === axis.to && axis.scale === 1) return x;
  const taps = Array.from({ length: axis.to }, (_, i) => weightsOf(sourcePosition(i, axis, style.coordinates), axis, style));
  const parts = taps[0]!.map((_, k) => {
    const pixels = taps.map((weights) => Math.min(Math.max(weights[k]![0], 0), axis.from - 1));
    const part = tf.gather(x, tf.tensor1d(pixels, 'int32'), at);
    const weights = taps.map((all) => all[k]![1]);
    if (weights.every((weight) => weight === 1)) return part;
    return tf.mul(part, tf.tensor(weights, at === 1 ? [axis.to, 1, 1] : [axis.to, 1]));
  });
  return tf.addN(parts) as tf.Tensor4D;
}

function weightsOf(position: number, axis: Axis, style: Style): Weights {
  if (style.mode === 'nearest') return [[nearest(position, style.nearest), 1]];
  return style.mode === 'linear' ? linear(position) : cubic(position, axis, style);
}

/** Where in the image the centre of output pixel `i` lies. */
function sourcePosition(i: number, { from, to, scale }: Axis, mode: string): number {
  switch (mode) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      const centre = from / 2;
      const offset = centre * (1 - to / (scale * from));
      return offset + (i + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return to > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
    case 'asymmetric':
      return i / scale;
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `resizing with ${mode} coordinates is not supported`);
  }
}

function nearest(position: number, mode: string): number {
  if (mode === 'floor') return Math.floor(position);
  if (mode === 'ceil') return Math.ceil(position);
  return mode === 'round_prefer_ceil' ? Math.floor(position + 0.5) : Math.ceil(position - 0.5);
}

type Weights = readonly (readonly [pixel: number, weight: number])[];

function linear(position: number): Weights {
  const left = Math.floor(position);
  const part = position - left;
  return [
    [left, 1 - part],
    [left + 1, part],
  ];
}

/** Keys 1981. */
function cubic(position: number, axis: Axis, { cubicCoefficient: a, excludeOutside }: Style): Weights {
  const left = Math.floor(position);
  const weight = (distance: number) => {
    const d = Math.abs(distance);
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  };
  const all = [-1, 0, 1, 2].map((step) => [left + step, weight(position - left - step)] as const);
  if (!excludeOutside) return all;
  const inside = all.map(([pixel, part]) => [pixel, pixel >= 0 && pixel < axis.from ? part : 0] as const);
  const total = inside.reduce((sum, [, part]) => sum + part, 0);
  return inside.map(([pixel, part]) => [pixel, part / total] as const);
}

/** Largest height or width that is resized to. */
const MAXIMUM_LENGTH = 2 ** 14;

/** @param sizesAt index of the input with the sizes; the older forms of the operator have scales alone. */
function resize(call: Call, scalesAt: number, sizesAt?: number): Value {
  const x = call.input(0);
  const { attributes } = call;
  const isOld = sizesAt === undefined;
  const style: Style = {
    mode: attributes.string('mode', 'nearest'),
    coordinates: isOld ? 'asymmetric' : attributes.string('coordinate_transformation_mode', 'half_pixel'),
    nearest: isOld ? 'floor' : attributes.string('nearest_mode', 'round_prefer_floor'),
    cubicCoefficient: attributes.number('cubic_coeff_a', -0.75),
    excludeOutside: attributes.flag('exclude_outside'),
  };
  const [batch, channels, height, width] = axesOf(call, x, scalesAt, sizesAt);
  // Antialiasing widens the filter where an image shrinks; where it grows, it changes cubic interpolation at the edges alone.
  const isAntialiased =
    attributes.flag('antialias') && (style.mode === 'cubic' || [height, width].some((axis) => axis && axis.to < axis.from));
  const isPlain = !isAntialiased && attributes.string('keep_aspect_ratio_policy', 'stretch') === 'stretch';
  if (!height || !width || [batch, channels].some((axis) => axis!.from !== axis!.to) || x.rank !== 4 || !isPlain) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      'only height and width of [batch, channels, height, width] can be resized, without antialiasing',
    );
  }
  if (!(height.to >= 1 && width.to >= 1)) throw new ComputeError('INVALID_MODEL', `it resizes to ${height.to} by ${width.to} pixels`);
  if (Math.max(height.to, width.to) > MAXIMUM_LENGTH) {
    throw new ComputeError('LIMIT_EXCEEDED', `it resizes to ${height.to} by ${width.to} pixels; at most ${MAXIMUM_LENGTH} are accepted`);
  }
  return Value.channelsLast(resizeAxis(resizeAxis(x.channelsLast, 1, height, style), 2, width, style));
}

function axesOf(call: Call, x: Value, scalesAt: number, sizesAt?: number): Axis[] {
  const axes = call.attributes
    .numbers(
      'axes',
      x.shape.map((_, i) => i),
    )
    .map((axis) => normalAxis(axis, x.rank));
  const sizes = sizesAt !== undefined && call.has(sizesAt) && call.input(sizesAt).size > 0 ? call.input(sizesAt).numbers : undefined;
  const scales = sizes ? undefined : call.setting('scales', scalesAt);
  if ((sizes ?? scales)?.length !== axes.length) throw new ComputeError('INVALID_MODEL', 'it needs as many scales or sizes as axes');
  return x.shape.map((from, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { from, to: from, scale: 1 };
    if (sizes) return { from, to: sizes[i]!, scale: sizes[i]! / from };
    return { from, to: Math.floor(from * scales![i]!), scale: scales![i]! };
  });
}

export const resizing: OperatorTable = {
  Resize: { settings: [1, 2, 3], run: (call) => (call.node.version < 11 ? resize(call, 1) : resize(call, 2, 3)) },
  Upsample: { settings: [1], run: (call) => resize(call, 1) },
};
