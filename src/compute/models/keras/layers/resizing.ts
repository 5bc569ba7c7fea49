/** Layers that cut, pad or resample images, and those that prepare them. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { ComputeError } from '../../../errors.js';
import { computes, type LayerTable, sameShape, type Shape } from '../layer.js';
import { choice, count, counts, isChannelsFirst, whole } from '../settings.js';
import { fromChannelsLast, spatialShape, toChannelsLast } from './spatial.js';

type Pair = [number, number];

/** `[[top, bottom], [left, right]]` of one number, one for each axis, or all four. */
function borders(settings: Attributes, name: string, fallback?: number): [Pair, Pair] {
  const given = settings.values[name] ?? fallback;
  const values =
    Array.isArray(given) && given.length === 4 ? whole(settings, name, 4) : whole(settings, name, 2, fallback).flatMap((n) => [n, n]);
  if (values.some((value) => value < 0)) throw new ComputeError('INVALID_MODEL', `${name} is [${values.join(', ')}], below 0`);
  const [top, bottom, left, right] = values as [number, number, number, number];
  return [
    [top, bottom],
    [left, right],
  ];
}

const sum = ([first, second]: Pair) => first + second;

/** Position of the first of the two axes of space. */
const firstAxis = (settings: Attributes) => (isChannelsFirst(settings) ? 2 : 1);

function crop(settings: Attributes, x: tf.Tensor): tf.Tensor {
  const first = firstAxis(settings);
  return borders(settings, 'cropping').reduce((y, border, i) => {
    const axis = first + i;
    const [begin, size] = [y.shape.map(() => 0), [...y.shape]];
    begin[axis] = border[0];
    size[axis] = y.shape[axis]! - sum(border);
    return tf.slice(y, begin, size);
  }, x);
}

function resize(x: tf.Tensor, size: Pair, bilinear: boolean, alignCorners = false): tf.Tensor {
  const fn = bilinear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
  return fn(x as tf.Tensor4D, size, alignCorners);
}

const INTERPOLATIONS = ['nearest', 'bilinear'];

/** A piece of the middle; images that are too small are enlarged instead. */
function centerCrop(x: tf.Tensor4D, height: number, width: number): tf.Tensor {
  const [batch, rows, columns] = x.shape;
  const top = Math.floor((rows - height) / 2);
  const left = columns === width ? 0 : Math.floor((columns - width) / 2) || 1;
  if (top < 0 || left < 0) return tf.image.resizeBilinear(x, [height, width]);
  const box = [top / rows, left / columns, (height + top) / rows, (width + left) / columns];
  const boxes = tf.tensor2d(Array.from({ length: batch }, () => box));
  return tf.image.cropAndResize(x, boxes, tf.range(0, batch, 1, 'int32'), [height, width], 'nearest');
}

const withSize = (settings: Attributes, input: Shape): Shape => [input[0]!, count(settings, 'height'), count(settings, 'width'), input[3]!];

export const resizings: LayerTable = {
  CategoryEncoding: {
    gradient: 'NONE',
    outputShape(settings, [input]) {
      const tokens = count(settings, 'num_tokens');
      const oneHot = choice(settings, 'output_mode', ['multi_hot', 'one_hot', 'count']) === 'one_hot';
      return oneHot && input!.at(-1) !== 1 ? [...input!, tokens] : [...input!.slice(0, -1), tokens];
    },
    ...computes((call) => {
      const mode = choice(call.attributes, 'output_mode', ['multi_hot', 'one_hot', 'count']);
      const x = tf.cast(call.input(0).plain, 'int32');
      const rows = mode === 'one_hot' && x.shape.at(-1) !== 1 ? tf.expandDims(x, -1) : x;
      return tf.denseBincount(rows as tf.Tensor2D, [], count(call.attributes, 'num_tokens'), mode !== 'count');
    }),
  },
  CenterCrop: {
    gradient: 'NONE',
    rank: 4,
    outputShape: (settings, [input]) => withSize(settings, input!),
    ...computes((call) => {
      const { attributes } = call;
      return centerCrop(call.input(0).plain as tf.Tensor4D, count(attributes, 'height'), count(attributes, 'width'));
    }),
  },
  Cropping2D: {
    rank: 4,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, axis) => size - sum(borders(settings, 'cropping')[axis]!)),
    ...computes((call) => crop(call.attributes, call.input(0).plain)),
  },
  Rescaling: {
    ...sameShape,
    ...computes((call) => tf.add(tf.mul(call.input(0).plain, call.attributes.number('scale')), call.attributes.number('offset', 0))),
  },
  Resizing: {
    rank: 4,
    outputShape: (settings, [input]) => withSize(settings, input!),
    ...computes((call) => {
      const settings = call.attributes;
      const bilinear = choice(settings, 'interpolation', INTERPOLATIONS.toReversed()) === 'bilinear';
      const alignCorners = !settings.flag('crop_to_aspect_ratio');
      return resize(call.input(0).plain, [count(settings, 'height'), count(settings, 'width')], bilinear, alignCorners);
    }),
  },
  UpSampling2D: {
    rank: 4,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, axis) => size * counts(settings, 'size', 2, 2)[axis]!),
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain);
      const [rows, columns] = counts(settings, 'size', 2, 2);
      const bilinear = choice(settings, 'interpolation', INTERPOLATIONS) === 'bilinear';
      return fromChannelsLast(settings, resize(x, [rows! * x.shape[1]!, columns! * x.shape[2]!], bilinear));
    }),
  },
  ZeroPadding2D: {
    rank: 4,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, axis) => size + sum(borders(settings, 'padding', 1)[axis]!)),
    ...computes((call) => {
      const space = borders(call.attributes, 'padding', 1);
      const none: Pair = [0, 0];
      return tf.pad(call.input(0).plain, isChannelsFirst(call.attributes) ? [none, none, ...space] : [none, ...space, none]);
    }),
  },
};
