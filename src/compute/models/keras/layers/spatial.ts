/** What convolutions, poolings and resizings have in common: axes of space between the batch and the channels. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { resized, type Shape } from '../layer.js';
import { isChannelsFirst } from '../settings.js';

/** Position of the channels. */
export function channelAxis(settings: Attributes, rank: number): number {
  return isChannelsFirst(settings) ? 1 : rank - 1;
}

/** `[batch, ...space, channels]`, where the layer counts channels first. */
export function toChannelsLast(settings: Attributes, x: tf.Tensor): tf.Tensor {
  if (!isChannelsFirst(settings)) return x;
  return tf.transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);
}

/** The inverse of {@link toChannelsLast}. */
export function fromChannelsLast(settings: Attributes, x: tf.Tensor): tf.Tensor {
  if (!isChannelsFirst(settings)) return x;
  return tf.transpose(x, [0, x.rank - 1, ...x.shape.slice(2).map((_, i) => i + 1)]);
}

/** The shape with other sizes of space, by their position, and other channels where they change. */
export function spatialShape(
  settings: Attributes,
  input: Shape,
  size: (size: number, axis: number) => number,
  channels?: number,
): (number | null)[] {
  const position = channelAxis(settings, input.length);
  const first = position === 1 ? 2 : 1;
  return input.map((each, axis) => {
    if (axis === 0) return each;
    if (axis === position) return channels ?? each;
    return resized(each, (known) => size(known, axis - first));
  });
}

/** Places that a window takes. */
export function windows(size: number, kernel: number, padding: 'valid' | 'same', stride: number, dilation = 1): number {
  const covered = padding === 'same' ? size : size - ((kernel - 1) * dilation + 1) + 1;
  return Math.floor((covered + stride - 1) / stride);
}
