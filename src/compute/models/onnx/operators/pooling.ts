/** Pooling over windows and over whole images. @module */
import * as tf from '@tensorflow/tfjs-core';
import { Attributes } from '../../dataflow/attributes.js';
import { root } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { ComputeError } from '../../../errors.js';
import { onImages, windowsOf, type Pads, type Windows } from './windows.js';

/** Of single precision, which is smaller than any pixel. */
const LOWEST = -3.4e38;

/** The windows, with pads that reach as far as the last window does where the size of the output is rounded up. */
function poolingOf(attributes: Attributes, x: tf.Tensor4D): Windows & { outside: Pads } {
  const size: [number, number] = [x.shape[1], x.shape[2]];
  const windows = windowsOf(attributes, attributes.numbers('kernel_shape'), size);
  const reach = [0, 1].map((axis) => (windows.kernel[axis]! - 1) * windows.dilations[axis]! + 1);
  // Such windows would see no pixel at all.
  if (windows.pads.some((pad, i) => pad < 0 || pad >= reach[i % 2]!)) {
    throw new ComputeError('INVALID_MODEL', `pads [${windows.pads.join(', ')}] are not smaller than the window`);
  }
  const end = [0, 1].map((axis) => {
    const before = windows.pads[axis]!;
    const after = windows.pads[axis + 2]!;
    const stride = windows.strides[axis]!;
    const kernel = reach[axis]!;
    const steps = (size[axis]! + before + after - kernel) / stride;
    if (!attributes.flag('ceil_mode') || Number.isInteger(steps)) return after;
    // A last window that would begin behind the image is left out.
    const last = Math.ceil(steps) * stride < size[axis]! + before ? Math.ceil(steps) : Math.floor(steps);
    return Math.max(after, last * stride + kernel - size[axis]! - before);
  });
  return { ...windows, outside: [windows.pads[0], windows.pads[1], end[0]!, end[1]!] };
}

const explicit = ([top, left, bottom, right]: Pads): [[0, 0], [number, number], [number, number], [0, 0]] => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

const isDilated = ({ dilations }: Windows) => dilations.some((dilation) => dilation > 1);

/** Dilated windows one beside the other, without gaps, so that windows of the kernel's size and stride are theirs. @param fill of what lies outside. */
function sideBySide(x: tf.Tensor4D, { kernel, strides, dilations, outside }: ReturnType<typeof poolingOf>, fill: number): tf.Tensor4D {
  return [0, 1].reduce(
    (y, i) => {
      const count = Math.floor((y.shape[i + 1]! - (kernel[i]! - 1) * dilations[i]! - 1) / strides[i]!) + 1;
      const positions = Int32Array.from(
        { length: count * kernel[i]! },
        (_, at) => Math.floor(at / kernel[i]!) * strides[i]! + (at % kernel[i]!) * dilations[i]!,
      );
      return tf.gather(y, tf.tensor1d(positions, 'int32'), i + 1);
    },
    tf.pad(x, explicit(outside), fill),
  );
}

function maxPool(x: tf.Tensor4D, attributes: Attributes): tf.Tensor4D {
  const windows = poolingOf(attributes, x);
  const { kernel, strides, outside } = windows;
  if (isDilated(windows)) return tf.maxPool(sideBySide(x, windows, LOWEST), kernel, kernel, 'valid');
  return tf.maxPool(x, kernel, strides, explicit(outside));
}

/** Sums of zero-padded windows, each divided by how many pixels count. */
function averagePool(x: tf.Tensor4D, attributes: Attributes): tf.Tensor4D {
  const windows = poolingOf(attributes, x);
  const { kernel, strides, pads, outside } = windows;
  if (isDilated(windows)) {
    const [height, width] = [x.shape[1], x.shape[2]];
    const inside = tf.ones([1, height, width, 1]) as tf.Tensor4D;
    const isCounted = attributes.flag('count_include_pad') ? tf.pad(inside, explicit(pads), 1) : inside;
    const rest: Pads = attributes.flag('count_include_pad') ? [0, 0, outside[2] - pads[2], outside[3] - pads[3]] : outside;
    const mean = (y: tf.Tensor4D, around: Pads) => tf.avgPool(sideBySide(y, { ...windows, outside: around }, 0), kernel, kernel, 'valid');
    return tf.div(mean(x, outside), mean(isCounted, rest));
  }
  if (outside.every((n) => n === 0)) return tf.avgPool(x, kernel, strides, 'valid');
  const area = kernel[0] * kernel[1];
  const y = tf.avgPool(tf.pad(x, explicit(outside)), kernel, strides, 'valid');
  const counted: Pads = attributes.flag('count_include_pad') ? pads : [0, 0, 0, 0];
  const along = (axis: 0 | 1) =>
    Array.from({ length: y.shape[axis + 1]! }, (_, i) => {
      const start = i * strides[axis] - outside[axis];
      const end = Math.min(start + kernel[axis], x.shape[axis + 1]! + counted[axis + 2]!);
      return end - Math.max(start, -counted[axis]!);
    });
  const [rows, columns] = [along(0), along(1)];
  const factors = rows.flatMap((height) => columns.map((width) => area / (height * width)));
  if (factors.every((factor) => factor === 1)) return y;
  return tf.mul(y, tf.tensor(factors, [1, rows.length, columns.length, 1]));
}

/** The p-norm of each window. */
function lpPool(x: tf.Tensor4D, attributes: Attributes): tf.Tensor4D {
  const p = attributes.number('p', 2);
  const windows = poolingOf(attributes, x);
  const { kernel, strides, outside } = windows;
  const powers = tf.pow(tf.abs(x), p) as tf.Tensor4D;
  const means = isDilated(windows)
    ? tf.avgPool(sideBySide(powers, windows, 0), kernel, kernel, 'valid')
    : tf.avgPool(tf.pad(powers, explicit(outside)), kernel, strides, 'valid');
  return root(tf.mul(means, kernel[0] * kernel[1]), 1 / p) as tf.Tensor4D;
}

function pooling(fn: (x: tf.Tensor4D, attributes: Attributes) => tf.Tensor4D): Operator {
  return {
    run(call) {
      if (call.node.outputs[1]) throw new ComputeError('UNSUPPORTED_OPERATION', 'the positions of maxima are not supported');
      if (call.input(0).rank === 5) return onVolumes(call, fn);
      return onImages(call, (x) => fn(x, call.attributes));
    },
  };
}

/** Windows of three axes are those of the last two, and then of the first: means and maxima of parts are those of the whole. */
function onVolumes(call: Call, fn: (x: tf.Tensor4D, attributes: Attributes) => tf.Tensor4D): Value {
  const { attributes } = call;
  const [n, channels, depth, height, width] = call.input(0).shape as [number, number, number, number, number];
  if (!attributes.has('kernel_shape')) throw new ComputeError('UNSUPPORTED_OPERATION', 'it works on 3 spatial axes');
  const along = (axes: readonly number[]) => {
    const pick = (values: readonly number[], fill: number) => [0, 0].map((_, i) => (axes[i] === undefined ? fill : values[axes[i]]!));
    const pads = attributes.numbers('pads', [0, 0, 0, 0, 0, 0]);
    return new Attributes(call.node.name, {
      ...attributes.values,
      kernel_shape: pick(attributes.numbers('kernel_shape'), 1),
      strides: pick(attributes.numbers('strides', [1, 1, 1]), 1),
      dilations: pick(attributes.numbers('dilations', [1, 1, 1]), 1),
      pads: [...pick(pads.slice(0, 3), 0), ...pick(pads.slice(3), 0)],
    });
  };
  const flat = Value.plain(tf.reshape(call.input(0).plain, [n, channels * depth, height, width]));
  const planes = Value.channelsLast(fn(flat.channelsLast, along([1, 2])));
  const [rows, columns] = planes.shape.slice(2) as [number, number];
  const stacked = Value.plain(tf.reshape(planes.plain, [n, channels, depth, rows * columns]));
  const y = Value.channelsLast(fn(stacked.channelsLast, along([0])));
  return Value.plain(tf.reshape(y.plain, [n, channels, y.shape[2]!, rows, columns]));
}

export const poolings: OperatorTable = {
  AveragePool: pooling(averagePool),
  GlobalAveragePool: pooling((x) => tf.mean(x, [1, 2], true)),
  GlobalLpPool: pooling((x, attributes) => {
    const p = attributes.number('p', 2);
    return root(tf.sum(tf.pow(tf.abs(x), p), [1, 2], true), 1 / p) as tf.Tensor4D;
  }),
  GlobalMaxPool: pooling((x) => tf.max(x, [1, 2], true)),
  LpPool: pooling(lpPool),
  MaxPool: pooling(maxPool),
};
