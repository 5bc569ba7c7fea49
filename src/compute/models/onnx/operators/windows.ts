/** How the windows of convolutions and poolings move over an image, from ONNX' attributes. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import type { Call } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { ComputeError } from '../../../errors.js';

/** Top, left, bottom, right. */
export type Pads = readonly [number, number, number, number];
type Pair = [number, number];

export interface Windows {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
}

/** Settings of one spatial axis as those of an image of height 1. */
export function withTwoAxes(values: readonly number[], fill: number): Pair {
  if (values.length === 2 && values.every(Number.isSafeInteger)) return [values[0]!, values[1]!];
  if (values.length === 1 && Number.isSafeInteger(values[0])) return [fill, values[0]!];
  throw new ComputeError('UNSUPPORTED_OPERATION', `it works on ${values.length} spatial axes; one or two are supported`);
}

/**
 * @param kernelShape of the window, without dilation.
 * @param size height and width of the image.
 */
export function windowsOf(attributes: Attributes, kernelShape: readonly number[], size: Readonly<Pair>): Windows {
  const spatial = kernelShape.length;
  const ones = Array<number>(spatial).fill(1);
  const kernel = withTwoAxes(kernelShape, 1);
  const strides = withTwoAxes(attributes.numbers('strides', ones), 1);
  const dilations = withTwoAxes(attributes.numbers('dilations', ones), 1);
  const automatic = attributes.string('auto_pad', 'NOTSET');
  if ([...kernel, ...strides, ...dilations].some((n) => n < 1)) {
    throw new ComputeError('INVALID_MODEL', 'kernel, strides and dilations must be positive');
  }
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    const total = size.map((length, i) => samePadding(length, kernel[i]!, strides[i]!, dilations[i]!)) as Pair;
    const before = total.map((n) => (automatic === 'SAME_UPPER' ? Math.floor(n / 2) : Math.ceil(n / 2))) as Pair;
    return { kernel, strides, dilations, pads: [before[0], before[1], total[0] - before[0], total[1] - before[1]] };
  }
  if (automatic !== 'NOTSET' && automatic !== 'VALID') throw new ComputeError('INVALID_MODEL', `auto_pad is ${JSON.stringify(automatic)}`);
  const given = attributes.numbers('pads', Array<number>(2 * spatial).fill(0));
  const pads: Pads = [...withTwoAxes(given.slice(0, spatial), 0), ...withTwoAxes(given.slice(spatial), 0)];
  if (pads.some((n) => n < 0)) throw new ComputeError('INVALID_MODEL', 'pads must not be negative');
  return { kernel, strides, dilations, pads: automatic === 'VALID' ? [0, 0, 0, 0] : pads };
}

/** Padding for an output of `ceil(length / stride)`. */
function samePadding(length: number, kernel: number, stride: number, dilation: number): number {
  return Math.max(0, (Math.ceil(length / stride) - 1) * stride + (kernel - 1) * dilation + 1 - length);
}

/** Values of one spatial axis get a height of 1 for the time of `fn`. */
export function onImages(call: Call, fn: (x: tf.Tensor4D) => tf.Tensor4D): Value {
  const x = call.input(0);
  if (x.rank === 4) return Value.channelsLast(fn(x.channelsLast));
  if (x.rank !== 3) throw new ComputeError('UNSUPPORTED_OPERATION', `it works on ${x.rank - 2} spatial axes; one or two are supported`);
  const row = tf.expandDims(tf.transpose(x.plain, [0, 2, 1]), 1) as tf.Tensor4D;
  return Value.plain(tf.transpose(tf.squeeze(fn(row), [1]), [0, 2, 1]));
}
