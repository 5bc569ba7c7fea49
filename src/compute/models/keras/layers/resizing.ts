/** Layers that cut, pad or resample images, and those that prepare them. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { type Coordinates, resizeImages } from '../../dataflow/resize.js';
import { ComputeError } from '../../../errors.js';
import { OF_TENSORFLOW_JS, SAMPLING } from '../added-settings.js';
import { computes, type KerasLayer, type LayerTable, sameShape, type Shape } from '../layer.js';
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

const METHODS = ['bilinear', 'nearest', 'bicubic'] as const;
type Method = (typeof METHODS)[number];

const methodOf = (settings: Attributes, fallback: Method) =>
  choice(settings, 'interpolation', [fallback, ...METHODS.filter((method) => method !== fallback)]) as Method;

/** TensorFlow.js places pixels in other ways than Keras: {@link SAMPLING} of its files says so. */
function coordinatesOf(settings: Attributes, ofTensorFlowJs: Coordinates): Coordinates {
  return settings.string(SAMPLING, '') === OF_TENSORFLOW_JS ? ofTensorFlowJs : 'half_pixel';
}

const targetOf = (settings: Attributes): Pair => [count(settings, 'height'), count(settings, 'width')];

/** The largest part of the middle that has the target's ratio of sides. */
function cropToRatio(x: tf.Tensor, [height, width]: Pair): tf.Tensor {
  const [rows, columns] = x.shape.slice(1, 3) as Pair;
  return middle(x, Math.min(rows, Math.trunc((columns * height) / width)), Math.min(columns, Math.trunc((rows * width) / height)));
}

function middle(x: tf.Tensor, height: number, width: number): tf.Tensor {
  const [batch, rows, columns, channels] = x.shape as [number, number, number, number];
  return tf.slice(x, [0, Math.floor((rows - height) / 2), Math.floor((columns - width) / 2), 0], [batch, height, width, channels]);
}

/** The middle; images that are too small are enlarged instead. */
function centerCrop(settings: Attributes, x: tf.Tensor): tf.Tensor {
  const [height, width] = targetOf(settings);
  const [rows, columns] = x.shape.slice(1, 3) as Pair;
  if (rows >= height && columns >= width) return middle(x, height, width);
  const isOfTensorFlowJs = settings.string(SAMPLING, '') === OF_TENSORFLOW_JS;
  return resizeImages(
    isOfTensorFlowJs ? x : cropToRatio(x, [height, width]),
    [height, width],
    'bilinear',
    coordinatesOf(settings, 'asymmetric'),
  );
}

function resize(settings: Attributes, x: tf.Tensor): tf.Tensor {
  if (settings.flag('pad_to_aspect_ratio')) throw new ComputeError('UNSUPPORTED_OPERATION', 'pad_to_aspect_ratio is not supported');
  if (settings.flag('antialias')) throw new ComputeError('UNSUPPORTED_OPERATION', 'antialias is not supported');
  const crops = settings.flag('crop_to_aspect_ratio');
  const isOfTensorFlowJs = settings.string(SAMPLING, '') === OF_TENSORFLOW_JS;
  const coordinates = coordinatesOf(settings, crops ? 'asymmetric' : 'align_corners');
  const target = targetOf(settings);
  return resizeImages(crops && !isOfTensorFlowJs ? cropToRatio(x, target) : x, target, methodOf(settings, 'bilinear'), coordinates);
}

/** The target's size, of images of any size. */
function withTarget(settings: Attributes, input: Shape): Shape {
  const first = firstAxis(settings);
  return input.map((size, axis) => targetOf(settings)[axis - first] ?? size);
}

const ofImages = (fn: (settings: Attributes, x: tf.Tensor) => tf.Tensor): KerasLayer => ({
  rank: 4,
  outputShape: (settings, [input]) => withTarget(settings, input!),
  ...computes((call) => fromChannelsLast(call.attributes, fn(call.attributes, toChannelsLast(call.attributes, call.input(0).plain)))),
});

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
  CenterCrop: ofImages(centerCrop),
  Cropping2D: {
    rank: 4,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, axis) => size - sum(borders(settings, 'cropping')[axis]!)),
    ...computes((call) => crop(call.attributes, call.input(0).plain)),
  },
  Rescaling: {
    ...sameShape,
    ...computes((call) => {
      const values = (name: string, fallback?: number) => {
        const given = call.attributes.values[name];
        return Array.isArray(given) ? tf.tensor1d([...call.attributes.numbers(name)]) : tf.scalar(call.attributes.number(name, fallback));
      };
      return tf.add(tf.mul(call.input(0).plain, values('scale')), values('offset', 0));
    }),
  },
  Resizing: ofImages(resize),
  UpSampling2D: {
    rank: 4,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, axis) => size * counts(settings, 'size', 2, 2)[axis]!),
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain);
      const [rows, columns] = counts(settings, 'size', 2, 2);
      const size: Pair = [rows! * x.shape[1]!, columns! * x.shape[2]!];
      return fromChannelsLast(settings, resizeImages(x, size, methodOf(settings, 'nearest'), coordinatesOf(settings, 'asymmetric')));
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
