/** Convolutions. Dilated ones have filters with zeros between their taps: TensorFlow.js has no gradient of its own dilated convolution. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import { convolution3d } from '../../dataflow/convolution-3d.js';
import { dilate } from '../../dataflow/differentiable.js';
import type { Call } from '../../dataflow/operator.js';
import { computes, type KerasLayer, type LayerTable, optional, type Shape, sizeOfAxis, weight } from '../layer.js';
import { choice, count, counts, padding, sizes, whole } from '../settings.js';
import { activationOf, fusedActivation } from './activations.js';
import { addBias } from './core.js';
import { channelAxis, fromChannelsLast, spatialShape, toChannelsLast, windows } from './spatial.js';

const kernelOf = (settings: Attributes, rank: number) => sizes(settings, 'kernel_size', rank);
const stridesOf = (settings: Attributes, rank: number) => counts(settings, 'strides', rank, 1);
const channelsOf = (settings: Attributes, input: Shape) => sizeOfAxis(input, channelAxis(settings, input.length));
/** Of those that a filter sees. */
function channelsOfGroup(settings: Attributes, input: Shape): number {
  const [channels, groups] = [channelsOf(settings, input), count(settings, 'groups', 1)];
  if (channels % groups === 0) return channels / groups;
  throw new ComputeError('INVALID_MODEL', `${channels} channels do not fall into ${groups} groups`);
}

const usesBias = (settings: Attributes) => settings.flag('use_bias', true);

/** @throws ComputeError INVALID_MODEL for strides beside dilations. */
function dilationsOf(settings: Attributes, rank: number): number[] {
  const [dilations, strides] = [counts(settings, 'dilation_rate', rank, 1), stridesOf(settings, rank)];
  if (dilations.every((rate) => rate === 1) || strides.every((stride) => stride === 1)) return dilations;
  throw new ComputeError('INVALID_MODEL', `it has dilations of ${dilations.join(' and ')} with strides of ${strides.join()}`);
}

/** A causal convolution has as many outputs as one that is padded on both sides. */
function placement(settings: Attributes, rank: number): 'valid' | 'same' {
  return rank === 1 && paddingOf1d(settings) === 'causal' ? 'same' : padding(settings);
}

function outputShape(settings: Attributes, input: Shape, rank: number, channels: number): Shape {
  const [kernel, strides, dilations] = [kernelOf(settings, rank), stridesOf(settings, rank), dilationsOf(settings, rank)];
  const size = (each: number, axis: number) => windows(each, kernel[axis]!, placement(settings, rank), strides[axis]!, dilations[axis]);
  return spatialShape(settings, input, size, channels);
}

/** 0 for a convolution that is not dilated. */
function dilatedSize(settings: Attributes, rank: number, channels: readonly number[]): number {
  const dilations = dilationsOf(settings, rank);
  if (dilations.every((rate) => rate === 1)) return 0;
  return sizeOf([...kernelOf(settings, rank).map((size, i) => (size - 1) * dilations[i]! + 1), ...channels]);
}

/** A filter for two axes of space with the zeros of its dilation. */
function filterOf(call: Call, index: number): tf.Tensor4D {
  return dilate(call.input(index).plain as tf.Tensor4D, dilationsOf(call.attributes, 2) as [number, number]);
}

function dense(rank: number, run: (call: Call) => tf.Tensor): KerasLayer {
  return {
    rank: rank + 2,
    weights(settings, input) {
      const filters = count(settings, 'filters');
      return [
        weight('kernel', [...kernelOf(settings, rank), channelsOfGroup(settings, input), filters]),
        usesBias(settings) ? weight('bias', [filters]) : undefined,
      ];
    },
    dilatedSize: (settings, input) => dilatedSize(settings, rank, [channelsOfGroup(settings, input), count(settings, 'filters')]),
    outputShape: (settings, [input]) => outputShape(settings, input!, rank, count(settings, 'filters')),
    ...computes(run),
  };
}

/** A convolution of each group of channels by itself. @param x with channels last. */
function byGroup(
  settings: Attributes,
  x: tf.Tensor,
  filter: tf.Tensor,
  convolve: (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const groups = count(settings, 'groups', 1);
  if (groups === 1) return convolve(x, filter);
  const [images, filters] = [tf.split(x, groups, x.rank - 1), tf.split(filter, groups, filter.rank - 1)];
  return tf.concat(
    images.map((image, i) => convolve(image, filters[i]!)),
    x.rank - 1,
  );
}

function groupedConvolution2d(call: Call): tf.Tensor {
  const settings = call.attributes;
  const x = toChannelsLast(settings, call.input(0).plain);
  const y = byGroup(settings, x, filterOf(call, 1), (image, filter) =>
    tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, stridesOf(settings, 2) as [number, number], padding(settings)),
  );
  return activationOf(settings)(fromChannelsLast(settings, addBias(y, optional(call, 2))));
}

function convolve2d(call: Call): tf.Tensor {
  const settings = call.attributes;
  if (count(settings, 'groups', 1) > 1) return groupedConvolution2d(call);
  const fused = fusedActivation(settings);
  const y = tf.fused.conv2d({
    x: toChannelsLast(settings, call.input(0).plain) as tf.Tensor4D,
    filter: filterOf(call, 1),
    strides: stridesOf(settings, 2) as [number, number],
    pad: padding(settings),
    dilations: [1, 1],
    dataFormat: 'NHWC',
    bias: optional(call, 2),
    activation: fused,
  });
  const moved = fromChannelsLast(settings, y);
  return fused ? moved : activationOf(settings)(moved);
}

function convolve1d(call: Call): tf.Tensor {
  const settings = call.attributes;
  const kernel = call.input(1).plain as tf.Tensor3D;
  const [dilation] = dilationsOf(settings, 1);
  const wide = dilate(tf.expandDims(kernel, 0), [1, dilation!]);
  const wholeFilter = dilation === 1 ? kernel : tf.squeeze(wide, [0]);
  const x = toChannelsLast(settings, call.input(0).plain);
  const isCausal = paddingOf1d(settings) === 'causal';
  const before: [number, number] = [(kernelOf(settings, 1)[0]! - 1) * dilation!, 0];
  const padded = isCausal ? tf.pad(x, [[0, 0], before, [0, 0]]) : x;
  const y = byGroup(settings, padded, wholeFilter, (sequence, filter) =>
    tf.conv1d(sequence as tf.Tensor3D, filter as tf.Tensor3D, stridesOf(settings, 1)[0]!, isCausal ? 'valid' : padding(settings)),
  );
  return activationOf(settings)(fromChannelsLast(settings, addBias(y, optional(call, 2))));
}

/** `causal`: steps see none that come after them, and as many zeros before the first. */
function paddingOf1d(settings: Attributes): string {
  return choice(settings, 'padding', ['valid', 'same', 'causal']);
}

function convolve3d(call: Call): tf.Tensor {
  const settings = call.attributes;
  const [x, filter] = [toChannelsLast(settings, call.input(0).plain), call.input(1).plain];
  const [strides, dilations] = [stridesOf(settings, 3), dilationsOf(settings, 3)];
  const y = byGroup(settings, x, filter, (volume, part) => convolution3d(volume, part, strides, dilations, padding(settings)));
  return activationOf(settings)(fromChannelsLast(settings, addBias(y, optional(call, 2))));
}

/** @param run x with channels last, the filter and the shape of what comes out, channels last. */
function transposed(
  rank: number,
  run: (x: tf.Tensor, filter: tf.Tensor, shape: number[], strides: number[], pad: 'valid' | 'same') => tf.Tensor,
): KerasLayer {
  const size = (settings: Attributes) => (each: number, axis: number) => {
    const [stride, rate] = [stridesOf(settings, rank)[axis]!, dilationsOf(settings, rank)[axis]!];
    const kernel = (kernelOf(settings, rank)[axis]! - 1) * rate + 1;
    if (!settings.has('output_padding')) return each * stride + (padding(settings) === 'valid' ? Math.max(kernel - stride, 0) : 0);
    const cut = padding(settings) === 'same' ? Math.floor(kernel / 2) : 0;
    return (each - 1) * stride + kernel - 2 * cut + whole(settings, 'output_padding', rank)[axis]!;
  };
  return {
    rank: rank + 2,
    weights(settings, input) {
      const filters = count(settings, 'filters');
      return [
        weight('kernel', [...kernelOf(settings, rank), filters, channelsOf(settings, input)]),
        usesBias(settings) ? weight('bias', [filters]) : undefined,
      ];
    },
    dilatedSize: (settings, input) => dilatedSize(settings, rank, [channelsOf(settings, input), count(settings, 'filters')]),
    outputShape: (settings, [input]) => spatialShape(settings, input!, size(settings), count(settings, 'filters')),
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain);
      const space = x.shape.slice(1, -1).map(size(settings));
      const shape = [x.shape[0]!, ...space, count(settings, 'filters')];
      const isDilated = dilationsOf(settings, rank).some((rate) => rate > 1);
      if (isDilated && rank > 2) throw new ComputeError('UNSUPPORTED_OPERATION', 'it is dilated, which is not supported');
      const y = run(x, rank === 2 ? filterOf(call, 1) : call.input(1).plain, shape, stridesOf(settings, rank), padding(settings));
      const moved = fromChannelsLast(settings, y);
      return activationOf(settings)(addBias(moved, optional(call, 2), channelAxis(settings, moved.rank)));
    }),
  };
}

const depthMultiplier = (settings: Attributes) => count(settings, 'depth_multiplier', 1);

export const convolutions: LayerTable = {
  Conv1D: dense(1, convolve1d),
  Conv2D: dense(2, convolve2d),
  Conv2DTranspose: transposed(2, (x, filter, shape, strides, pad) =>
    tf.conv2dTranspose(
      x as tf.Tensor4D,
      filter as tf.Tensor4D,
      shape as [number, number, number, number],
      strides as [number, number],
      pad,
    ),
  ),
  Conv3D: dense(3, convolve3d),
  Conv3DTranspose: {
    gradient: 'NONE',
    ...transposed(3, (x, filter, shape, strides, pad) =>
      tf.conv3dTranspose(
        x as tf.Tensor5D,
        filter as tf.Tensor5D,
        shape as [number, number, number, number, number],
        strides as [number, number, number],
        pad,
      ),
    ),
  },
  DepthwiseConv2D: {
    rank: 4,
    weights(settings, input) {
      const [channels, multiplier] = [channelsOf(settings, input), depthMultiplier(settings)];
      return [
        weight('depthwise_kernel', [...kernelOf(settings, 2), channels, multiplier]),
        usesBias(settings) ? weight('bias', [channels * multiplier]) : undefined,
      ];
    },
    dilatedSize: (settings, input) => dilatedSize(settings, 2, [channelsOf(settings, input), depthMultiplier(settings)]),
    outputShape: (settings, [input]) => outputShape(settings, input!, 2, channelsOf(settings, input!) * depthMultiplier(settings)),
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain) as tf.Tensor4D;
      const y = tf.depthwiseConv2d(x, filterOf(call, 1), stridesOf(settings, 2) as [number, number], padding(settings));
      const moved = fromChannelsLast(settings, y);
      return activationOf(settings)(addBias(moved, optional(call, 2), channelAxis(settings, 4)));
    }),
  },
  SeparableConv2D: {
    rank: 4,
    weights(settings, input) {
      const [channels, multiplier, filters] = [channelsOf(settings, input), depthMultiplier(settings), count(settings, 'filters')];
      return [
        weight('depthwise_kernel', [...kernelOf(settings, 2), channels, multiplier]),
        weight('pointwise_kernel', [1, 1, channels * multiplier, filters]),
        usesBias(settings) ? weight('bias', [filters]) : undefined,
      ];
    },
    dilatedSize: (settings, input) => dilatedSize(settings, 2, [channelsOf(settings, input), depthMultiplier(settings)]),
    outputShape: (settings, [input]) => outputShape(settings, input!, 2, count(settings, 'filters')),
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain) as tf.Tensor4D;
      const pointwise = call.input(2).plain as tf.Tensor4D;
      const y = tf.separableConv2d(x, filterOf(call, 1), pointwise, stridesOf(settings, 2) as [number, number], padding(settings));
      return fromChannelsLast(settings, activationOf(settings)(addBias(y, optional(call, 3))));
    }),
  },
};
