/** Resampling of images along an axis: each output pixel is a sum of input pixels with weights. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../errors.js';
import { moveAxes } from './value.js';

/** An axis of an image before and after. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  /** As given; sizes give their quotient. */
  readonly scale: number;
}

/** How positions and values are found between pixels. */
export interface Style {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  /** Keys' coefficient: -0.75 in PyTorch, -0.5 in TensorFlow. */
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly isAntialiased: boolean;
  /** Places between two pixels that there are weights for; absent: any. */
  readonly places?: number;
  /** How positions are computed, in single precision: by a division by the scale (onnxruntime), or a product with its inverse (TensorFlow). Rounding decides which pixel is below a position that lies on one. */
  readonly arithmetic: 'DIVISION' | 'PRODUCT';
}

/** Each output pixel is a sum of input pixels with weights: one with `nearest`, two with `linear`, four with `cubic`, and more where an image shrinks without aliases. */
export function resizeAxis(x: tf.Tensor, at: number, axis: Axis, style: Style): tf.Tensor {
  if (axis.from === axis.to && axis.scale === 1) return x;
  const rows = Array.from({ length: axis.to }, (_, i) => {
    const position = placed(sourcePosition(i, axis, style), style);
    return style.isAntialiased ? smoothed(position, axis, style) : weightsOf(position, axis, style);
  });
  if (style.isAntialiased) return combined(x, at, axis, rows);
  const along = x.shape.map((_, i) => (i === at ? axis.to : 1)).slice(at);
  const parts = rows[0]!.map((_, k) => {
    const pixels = rows.map((weights) => clampTo(weights[k]![0], axis));
    const part = tf.gather(x, tf.tensor1d(pixels, 'int32'), at);
    const weights = rows.map((all) => all[k]![1]);
    if (weights.every((weight) => weight === 1)) return part;
    return tf.mul(part, tf.tensor(weights, along));
  });
  return tf.addN(parts);
}

function placed(position: number, { places }: Style): number {
  if (places === undefined) return position;
  const left = Math.floor(position);
  return left + Math.round((position - left) * places) / places;
}

const clampTo = (pixel: number, { from }: Axis) => Math.min(Math.max(pixel, 0), from - 1);

/** A product with the matrix of all weights, as each pixel has many. */
function combined(x: tf.Tensor, at: number, axis: Axis, rows: readonly Weights[]): tf.Tensor {
  const matrix = new Float32Array(axis.to * axis.from);
  for (const [i, weights] of rows.entries()) for (const [pixel, weight] of weights) matrix[i * axis.from + clampTo(pixel, axis)]! += weight;
  const last = x.rank - 1;
  const order = x.shape.map((_, i) => (i === at ? last : i === last ? at : i));
  const turned = moveAxes(x, order);
  const product = tf.matMul(tf.reshape(turned, [-1, axis.from]) as tf.Tensor2D, tf.tensor2d(matrix, [axis.to, axis.from]), false, true);
  return moveAxes(tf.reshape(product, [...turned.shape.slice(0, -1), axis.to]), order);
}

/** The filter widened by how much the image shrinks, as PIL and PyTorch do. */
function smoothed(position: number, axis: Axis, style: Style): Weights {
  const widening = Math.max(1, 1 / axis.scale);
  const support = (style.mode === 'linear' ? 1 : 2) * widening;
  const centre = position + 0.5;
  const [first, end] = [Math.floor(centre - support + 0.5), Math.floor(centre + support + 0.5)];
  const weights = Array.from({ length: end - first }, (_, k) => {
    const distance = Math.abs(first + k - centre + 0.5) / widening;
    const isOutside = style.excludeOutside && (first + k < 0 || first + k >= axis.from);
    return [first + k, isOutside ? 0 : kernelAt(distance, style)] as const;
  });
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return weights.map(([pixel, weight]) => [pixel, weight / total] as const);
}

function kernelAt(distance: number, { mode, cubicCoefficient }: Style): number {
  if (mode === 'linear') return Math.max(0, 1 - distance);
  if (distance >= 2) return 0;
  const { near, far } = cubicWeight(cubicCoefficient);
  return (distance <= 1 ? near : far).reduce((sum, coefficient) => sum * distance + coefficient, 0);
}

function weightsOf(position: number, axis: Axis, style: Style): Weights {
  if (style.mode === 'nearest') return [[nearest(position, nearestMode(axis, style)), 1]];
  return style.mode === 'linear' ? linear(position) : cubic(position, axis, style);
}

/** Where in the image the centre of output pixel `i` lies. */
function sourcePosition(i: number, { from, to, scale }: Axis, { coordinates, arithmetic }: Style): number {
  const { fround } = Math;
  const scaled = (at: number) => (arithmetic === 'DIVISION' ? fround(at / fround(scale)) : fround(at * fround(1 / scale)));
  const centre = fround(scaled(i + 0.5) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return centre;
    case 'half_pixel_symmetric':
      return fround((from / 2) * (1 - to / (fround(scale) * from)) + centre);
    case 'pytorch_half_pixel':
      return to > 1 ? centre : 0;
    case 'align_corners':
      if (to === 1) return 0;
      return arithmetic === 'DIVISION' ? fround((i * (from - 1)) / (to - 1)) : fround(i * fround((from - 1) / (to - 1)));
    case 'asymmetric':
      return scaled(i);
    case 'tf_half_pixel_for_nn':
      return scaled(i + 0.5);
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `resizing with ${coordinates} coordinates is not supported`);
  }
}

/** `simple`: that of operator sets before 11, as onnxruntime has it. */
function nearestMode({ scale }: Axis, { nearest: mode }: Style): string {
  if (mode !== 'simple') return mode;
  return scale < 1 ? 'ceil' : 'floor';
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

/** Coefficients of the third powers of a distance of at most 1 pixel, and of one between 1 and 2, highest first (Keys 1981). */
export function cubicWeight(a: number): { near: readonly number[]; far: readonly number[] } {
  return { near: [a + 2, -(a + 3), 0, 1], far: [a, -5 * a, 8 * a, -4 * a] };
}

function cubic(position: number, axis: Axis, { cubicCoefficient: a, excludeOutside }: Style): Weights {
  const left = Math.floor(position);
  const weight = (distance: number) => {
    const d = Math.abs(distance);
    const coefficients = d <= 1 ? cubicWeight(a).near : cubicWeight(a).far;
    return coefficients.reduce((sum, coefficient) => sum * d + coefficient, 0);
  };
  const all = [-1, 0, 1, 2].map((step) => [left + step, weight(position - left - step)] as const);
  if (!excludeOutside) return all;
  const inside = all.map(([pixel, part]) => [pixel, pixel >= 0 && pixel < axis.from ? part : 0] as const);
  const total = inside.reduce((sum, [, part]) => sum + part, 0);
  return inside.map(([pixel, part]) => [pixel, part / total] as const);
}
