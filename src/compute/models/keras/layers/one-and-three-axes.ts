/** What sequences and volumes have of the layers of images: convolutions along one axis, borders, and repetition. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { dilate } from '../../dataflow/differentiable.js';
import { computes, type KerasLayer, type LayerTable, optional, type Shape, sizeOfAxis, weight } from '../layer.js';
import { count, counts, isChannelsFirst, padding, sizes, whole } from '../settings.js';
import { activationOf } from './activations.js';
import { addBias } from './core.js';
import { channelAxis, fromChannelsLast, spatialShape, toChannelsLast, windows } from './spatial.js';

type Pair = readonly [before: number, after: number];

/** Of each axis of space: one number for all, one for each, or both sides of each. */
function borders(settings: Attributes, name: string, axes: number): Pair[] {
  const given = settings.values[name] ?? 1;
  const both = Array.isArray(given) && given.length === 2 * axes;
  const values = both ? whole(settings, name, 2 * axes) : whole(settings, name, axes, 1).flatMap((n) => [n, n]);
  if (values.some((value) => value < 0)) throw new ComputeError('INVALID_MODEL', `${name} is [${values.join(', ')}], below 0`);
  return Array.from({ length: axes }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}

/** Position of the first axis of space. */
const firstAxis = (settings: Attributes) => (isChannelsFirst(settings) ? 2 : 1);

function zeroPadding(axes: number): KerasLayer {
  return {
    rank: axes + 2,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, i) => size + sum(borders(settings, 'padding', axes)[i]!)),
    ...computes((call) => {
      const [x, space] = [call.input(0).plain, borders(call.attributes, 'padding', axes)];
      const first = firstAxis(call.attributes);
      return tf.pad(
        x,
        x.shape.map((_, i) => [...(space[i - first] ?? [0, 0])] as [number, number]),
      );
    }),
  };
}

function cropping(axes: number): KerasLayer {
  return {
    rank: axes + 2,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, i) => size - sum(borders(settings, 'cropping', axes)[i]!)),
    ...computes((call) => {
      const [x, space] = [call.input(0).plain, borders(call.attributes, 'cropping', axes)];
      const border = (i: number) => space[i - firstAxis(call.attributes)] ?? [0, 0];
      const begin = x.shape.map((_, i) => border(i)[0]);
      return tf.slice(
        x,
        begin,
        x.shape.map((size, i) => size - sum(border(i))),
      );
    }),
  };
}

const sum = ([before, after]: Pair) => before + after;

/** Every place several times. */
function repetition(axes: number, fallback?: number): KerasLayer {
  return {
    rank: axes + 2,
    outputShape: (settings, [input]) => spatialShape(settings, input!, (size, i) => size * counts(settings, 'size', axes, fallback)[i]!),
    ...computes((call) => {
      const times = counts(call.attributes, 'size', axes, fallback);
      return times.reduce((y, n, i) => repeated(y, firstAxis(call.attributes) + i, n), call.input(0).plain);
    }),
  };
}

function repeated(x: tf.Tensor, axis: number, times: number): tf.Tensor {
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const column = tf.reshape(x, [...before, x.shape[axis]!, 1, ...after]);
  const repeats = column.shape.map((_, i) => (i === axis + 1 ? times : 1));
  return tf.reshape(tf.tile(column, repeats), [...before, x.shape[axis]! * times, ...after]);
}

const usesBias = (settings: Attributes) => settings.flag('use_bias', true);
const depthMultiplier = (settings: Attributes) => count(settings, 'depth_multiplier', 1);
const kernelSize = (settings: Attributes) => sizes(settings, 'kernel_size', 1)[0]!;
const stride = (settings: Attributes) => counts(settings, 'strides', 1, 1)[0]!;
const dilation = (settings: Attributes) => counts(settings, 'dilation_rate', 1, 1)[0]!;
const channelsOf = (settings: Attributes, input: Shape) => sizeOfAxis(input, channelAxis(settings, 3));

/** `[batch, 1, steps, channels]`, whose first axis of space is skipped. */
const asRows = (settings: Attributes, x: tf.Tensor) => tf.expandDims(toChannelsLast(settings, x), 1) as tf.Tensor4D;
const fromRows = (settings: Attributes, y: tf.Tensor) => fromChannelsLast(settings, tf.squeeze(y, [1]));

function outputSteps(settings: Attributes, input: Shape, channels: number): Shape {
  const steps = (size: number) => windows(size, kernelSize(settings), padding(settings), stride(settings), dilation(settings));
  return spatialShape(settings, input, steps, channels);
}

/** A convolution of each channel by itself. */
function depthwise(settings: Attributes, x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
  const filter = dilate(tf.expandDims(kernel, 0) as tf.Tensor4D, [1, dilation(settings)]);
  const strides: [number, number] = [stride(settings), stride(settings)];
  return tf.depthwiseConv2d(asRows(settings, x), filter, strides, padding(settings));
}

function finished(settings: Attributes, rows: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const y = fromRows(settings, rows);
  return activationOf(settings)(addBias(y, bias, channelAxis(settings, 3)));
}

function transposedLength(settings: Attributes, steps: number): number {
  const size = (kernelSize(settings) - 1) * dilation(settings) + 1;
  if (!settings.has('output_padding')) {
    return steps * stride(settings) + (padding(settings) === 'valid' ? Math.max(size - stride(settings), 0) : 0);
  }
  const cut = padding(settings) === 'same' ? Math.floor(size / 2) : 0;
  return (steps - 1) * stride(settings) + size - 2 * cut + whole(settings, 'output_padding', 1)[0]!;
}

export const oneAndThreeAxes: LayerTable = {
  Conv1DTranspose: {
    rank: 3,
    weights(settings, input) {
      const filters = count(settings, 'filters');
      return [
        weight('kernel', [kernelSize(settings), filters, channelsOf(settings, input)]),
        usesBias(settings) ? weight('bias', [filters]) : undefined,
      ];
    },
    outputShape: (settings, [input]) =>
      spatialShape(settings, input!, (steps) => transposedLength(settings, steps), count(settings, 'filters')),
    ...computes((call) => {
      const settings = call.attributes;
      const x = asRows(settings, call.input(0).plain);
      const filter = dilate(tf.expandDims(call.input(1).plain, 0) as tf.Tensor4D, [1, dilation(settings)]);
      const shape: [number, number, number, number] = [x.shape[0], 1, transposedLength(settings, x.shape[2]), count(settings, 'filters')];
      return finished(settings, tf.conv2dTranspose(x, filter, shape, [1, stride(settings)], padding(settings)), optional(call, 2));
    }),
  },
  Cropping1D: cropping(1),
  Cropping3D: cropping(3),
  DepthwiseConv1D: {
    rank: 3,
    weights(settings, input) {
      const [channels, multiplier] = [channelsOf(settings, input), depthMultiplier(settings)];
      return [
        weight('depthwise_kernel', [kernelSize(settings), channels, multiplier]),
        usesBias(settings) ? weight('bias', [channels * multiplier]) : undefined,
      ];
    },
    outputShape: (settings, [input]) => outputSteps(settings, input!, channelsOf(settings, input!) * depthMultiplier(settings)),
    ...computes((call) =>
      finished(call.attributes, depthwise(call.attributes, call.input(0).plain, call.input(1).plain), optional(call, 2)),
    ),
  },
  SeparableConv1D: {
    rank: 3,
    weights(settings, input) {
      const [channels, multiplier, filters] = [channelsOf(settings, input), depthMultiplier(settings), count(settings, 'filters')];
      return [
        weight('depthwise_kernel', [kernelSize(settings), channels, multiplier]),
        weight('pointwise_kernel', [1, channels * multiplier, filters]),
        usesBias(settings) ? weight('bias', [filters]) : undefined,
      ];
    },
    outputShape: (settings, [input]) => outputSteps(settings, input!, count(settings, 'filters')),
    ...computes((call) => {
      const settings = call.attributes;
      const ofChannels = depthwise(settings, call.input(0).plain, call.input(1).plain) as tf.Tensor4D;
      const pointwise = tf.expandDims(call.input(2).plain, 0) as tf.Tensor4D;
      return finished(settings, tf.conv2d(ofChannels, pointwise, 1, 'valid'), optional(call, 3));
    }),
  },
  UpSampling1D: repetition(1, 2),
  UpSampling3D: repetition(3, 2),
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding3D: zeroPadding(3),
};
