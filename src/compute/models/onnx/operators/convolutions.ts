/** Convolutions over one or two axes, in all the forms that ONNX has and TensorFlow.js has not. @module */
import * as tf from '@tensorflow/tfjs-core';
import { dilate } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { ComputeError } from '../../../errors.js';
import { inScale, productOf } from './quantized.js';
import { onImages, withTwoAxes, windowsOf, type Pads } from './windows.js';

/** `[out, in / groups, height, width]` as `[height, width, in / groups, out]`, with zeros between its elements where it is dilated. */
function filterOf(value: Value, dilations: readonly [number, number]): tf.Tensor4D {
  const weights = value.plain;
  const four = weights.rank === 3 ? tf.expandDims(weights, 2) : weights;
  return dilate(tf.transpose(four as tf.Tensor4D, [2, 3, 1, 0]), dilations);
}

const explicit = ([top, left, bottom, right]: Pads): Parameters<typeof tf.conv2d>[3] => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

function split(x: tf.Tensor4D, filter: tf.Tensor4D, groups: number, axis: 2 | 3): [tf.Tensor4D, tf.Tensor4D][] {
  const inputs = tf.split(x, groups, 3);
  const filters = tf.split(filter, groups, axis);
  return inputs.map((input, i) => [input, filters[i]!]) as [tf.Tensor4D, tf.Tensor4D][];
}

function convolve(x: tf.Tensor4D, filter: tf.Tensor4D, strides: [number, number], pads: Pads, groups: number): tf.Tensor4D {
  const [h, w, perGroup, out] = filter.shape;
  if (x.shape[3] !== perGroup * groups || out % groups !== 0) {
    throw new ComputeError(
      'INVALID_MODEL',
      `${groups} groups of ${perGroup} channels in and ${out} channels out do not fit ${x.shape[3]} channels`,
    );
  }
  if (groups === 1) return tf.conv2d(x, filter, strides, explicit(pads));
  if (perGroup === 1) {
    return tf.depthwiseConv2d(x, tf.reshape(filter, [h, w, groups, out / groups]) as tf.Tensor4D, strides, explicit(pads));
  }
  return tf.concat(
    split(x, filter, groups, 3).map(([part, weights]) => tf.conv2d(part, weights, strides, explicit(pads))),
    3,
  );
}

function addBias(call: Call, y: tf.Tensor4D): tf.Tensor4D {
  return call.has(2) ? tf.add(y, call.input(2).plain) : y;
}

/** `[height, width, out / groups, in]`, as the gradient of a convolution that goes the other way takes it. */
function transposeConvolve(call: Call, x: tf.Tensor4D): tf.Tensor4D {
  const { attributes } = call;
  const groups = attributes.number('group', 1);
  const spatial = call.input(1).rank - 2;
  const pair = (name: string, fallback: number) => withTwoAxes(attributes.numbers(name, Array<number>(spatial).fill(fallback)), fallback);
  const [strides, dilations, extra] = [pair('strides', 1), pair('dilations', 1), pair('output_padding', 0)];
  const filter = filterOf(call.input(1), dilations);
  const kernel = [filter.shape[0], filter.shape[1]] as const;
  const full = kernel.map((size, i) => (x.shape[i + 1]! - 1) * strides[i]! + size + extra[i]!) as [number, number];
  const parts = (groups === 1 ? [[x, filter] as const] : split(x, filter, groups, 3)).map(([part, weights]) =>
    tf.conv2dTranspose(part, weights, [x.shape[0], ...full, filter.shape[2]], strides, 'valid'),
  );
  const y = tf.concat(parts, 3);
  const [top, left, height, width] = croppedOutput(call, full, strides, x, spatial);
  if (top === 0 && left === 0 && height === full[0] && width === full[1]) return y;
  const missing = (axis: 0 | 1, end: number): [number, number] => [0, Math.max(0, end - full[axis])];
  const reaching = tf.pad(y, [[0, 0], missing(0, top + height), missing(1, left + width), [0, 0]]);
  return tf.slice(reaching, [0, top, left, 0], [-1, height, width, -1]);
}

/** Where the output lies in the full one: top, left, height and width. */
function croppedOutput(
  { attributes }: Call,
  full: readonly [number, number],
  strides: readonly [number, number],
  x: tf.Tensor4D,
  spatial: number,
): [number, number, number, number] {
  const automatic = attributes.string('auto_pad', 'NOTSET');
  const wanted = attributes.has('output_shape')
    ? withTwoAxes(attributes.numbers('output_shape').slice(-spatial), 1)
    : automatic.startsWith('SAME')
      ? ([x.shape[1]! * strides[0], x.shape[2]! * strides[1]] as const)
      : undefined;
  if (wanted) {
    const total = full.map((size, i) => size - wanted[i]!) as [number, number];
    const before = total.map((size) => (automatic === 'SAME_UPPER' ? Math.floor(size / 2) : Math.ceil(size / 2))) as [number, number];
    return [before[0], before[1], wanted[0], wanted[1]];
  }
  const given = attributes.numbers('pads', Array<number>(2 * spatial).fill(0));
  const [top, left] = withTwoAxes(given.slice(0, spatial), 0);
  const [bottom, right] = withTwoAxes(given.slice(spatial), 0);
  return [top, left, full[0] - top - bottom, full[1] - left - right];
}

function convolution(call: Call): Value {
  return onImages(call, (x) => {
    const filter = call.input(1);
    const { strides, dilations, pads } = windowsOf(call.attributes, filter.shape.slice(2), [x.shape[1], x.shape[2]]);
    const y = convolve(x, filterOf(filter, dilations), strides, pads, call.attributes.number('group', 1));
    return addBias(call, y);
  });
}

/** Of whole numbers, whose scales are those of the outputs' channels. A bias is of the same scales, in whole numbers too. */
function quantizedConvolution(call: Call): Value {
  const scale = productOf(call.input(0).quantized!.scale, { ...call.input(1).quantized!.scale, axis: 1 });
  const numbers = convolution(
    call.with([
      call.input(0).quantized!.numbers,
      call.input(1).quantized!.numbers,
      call.has(2) ? inScale(call.input(2), scale) : undefined,
    ]),
  );
  return Value.quantized(numbers, scale);
}

export const convolutions: OperatorTable = {
  Conv: { run: (call) => (call.inputs[0]?.quantized && call.inputs[1]?.quantized ? quantizedConvolution(call) : convolution(call)) },
  ConvTranspose: { run: (call) => onImages(call, (x) => addBias(call, transposeConvolve(call, x))) },
};
