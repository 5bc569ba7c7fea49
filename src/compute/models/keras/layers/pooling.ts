/** Poolings: the largest or the mean value of a window, or of all places. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { computes, type KerasLayer, type LayerTable, type Shape } from '../layer.js';
import { counts, isChannelsFirst, padding } from '../settings.js';
import { channelAxis, fromChannelsLast, spatialShape, toChannelsLast, windows } from './spatial.js';

type Pool = (x: tf.Tensor, size: number[], strides: number[], pad: 'valid' | 'same') => tf.Tensor;

function pooling(rank: number, pool: Pool): KerasLayer {
  const sizesOf = (settings: Attributes) => counts(settings, 'pool_size', rank, 2);
  const stridesOf = (settings: Attributes) => counts(settings, 'strides', rank, sizesOf(settings));
  return {
    rank: rank + 2,
    outputShape(settings, [input]) {
      const [sizes, strides] = [sizesOf(settings), stridesOf(settings)];
      return spatialShape(settings, input!, (size, axis) => windows(size, sizes[axis]!, padding(settings), strides[axis]!));
    },
    ...computes((call) => {
      const settings = call.attributes;
      const x = toChannelsLast(settings, call.input(0).plain);
      return fromChannelsLast(settings, pool(x, sizesOf(settings), stridesOf(settings), padding(settings)));
    }),
  };
}

/** One axis of space as the first of two. */
const alongOneAxis =
  (pool: Pool): Pool =>
  (x, [size], [stride], pad) =>
    tf.squeeze(pool(tf.expandDims(x, 2), [size!, 1], [stride!, 1], pad), [2]);

const max2d: Pool = (x, size, strides, pad) => tf.maxPool(x as tf.Tensor4D, size as [number, number], strides as [number, number], pad);
const mean2d: Pool = (x, size, strides, pad) => tf.avgPool(x as tf.Tensor4D, size as [number, number], strides as [number, number], pad);
type Triple = [number, number, number];
const max3d: Pool = (x, size, strides, pad) => tf.maxPool3d(x as tf.Tensor5D, size as Triple, strides as Triple, pad);
const mean3d: Pool = (x, size, strides, pad) => tf.avgPool3d(x as tf.Tensor5D, size as Triple, strides as Triple, pad);

function overSpatialAxes(rank: number, reduce: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): KerasLayer {
  const reduced = (settings: Attributes, [batch, ...rest]: Shape) => {
    const position = channelAxis(settings, rank + 2) - 1;
    if (settings.flag('keepdims')) return [batch!, ...rest.map((size, i) => (i === position ? size : 1))];
    return [batch!, rest[position]!];
  };
  return {
    rank: rank + 2,
    outputShape: (settings, [input]) => reduced(settings, input!),
    ...computes((call) => {
      const first = isChannelsFirst(call.attributes) ? 2 : 1;
      return reduce(
        call.input(0).plain,
        Array.from({ length: rank }, (_, i) => first + i),
        call.attributes.flag('keepdims'),
      );
    }),
  };
}

const mean = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.mean(x, axes, keepDims);
const max = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.max(x, axes, keepDims);

export const poolings: LayerTable = {
  AveragePooling1D: pooling(1, alongOneAxis(mean2d)),
  AveragePooling2D: pooling(2, mean2d),
  AveragePooling3D: pooling(3, mean3d),
  GlobalAveragePooling1D: { ...overSpatialAxes(1, mean), needsMask: true },
  GlobalAveragePooling2D: overSpatialAxes(2, mean),
  GlobalAveragePooling3D: overSpatialAxes(3, mean),
  GlobalMaxPooling1D: overSpatialAxes(1, max),
  GlobalMaxPooling2D: overSpatialAxes(2, max),
  GlobalMaxPooling3D: overSpatialAxes(3, max),
  MaxPooling1D: pooling(1, alongOneAxis(max2d)),
  MaxPooling2D: pooling(2, max2d),
  MaxPooling3D: pooling(3, max3d),
};
