/** The padding of windows, written out: TensorFlow's kernels know `valid` and `same`, and TensorFlow.js any numbers. @module */
import { tf } from '../../tensorflow.js';
import type { Attributes } from './lowering.js';

export type Strides = readonly [height: number, width: number];
type Paddings = readonly (readonly [before: number, after: number])[];

/** Where a window stands: for each axis of `shape`, that of the padded images. */
export interface Placement {
  readonly paddings: Paddings;
  readonly paddedShape: number[];
}

/** Of windows of images `[batch, height, width, channels]`. */
export function placement2d(info: tf.backend_util.Conv2DInfo): Placement {
  const { padInfo, inShape } = info;
  return placement(inShape, [
    [padInfo.top, padInfo.bottom, info.outHeight, info.strideHeight, info.effectiveFilterHeight],
    [padInfo.left, padInfo.right, info.outWidth, info.strideWidth, info.effectiveFilterWidth],
  ]);
}

/** Of windows of volumes `[batch, depth, height, width, channels]`. */
export function placement3d(info: tf.backend_util.Conv3DInfo): Placement {
  const { padInfo, inShape } = info;
  return placement(inShape, [
    [padInfo.front, padInfo.back, info.outDepth, info.strideDepth, info.effectiveFilterDepth],
    [padInfo.top, padInfo.bottom, info.outHeight, info.strideHeight, info.effectiveFilterHeight],
    [padInfo.left, padInfo.right, info.outWidth, info.strideWidth, info.effectiveFilterWidth],
  ]);
}

type Axis = readonly [before: number, after: number, count: number, stride: number, size: number];

/** The last window may reach further than the stated padding, where the number of windows is rounded up. */
function placement(shape: readonly number[], axes: readonly Axis[]): Placement {
  const inner = axes.map(([before, after, count, stride, size], i) => {
    const reach = (count - 1) * stride + size - shape[i + 1]! - before;
    return [before, Math.max(after, reach)] as const;
  });
  const paddings: Paddings = [[0, 0], ...inner, [0, 0]];
  return { paddings, paddedShape: shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]) };
}

/** Whether TensorFlow's kernels take this padding as it is. */
export function isNative({ pad }: Attributes): boolean {
  return pad === 'valid' || pad === 'same';
}

export function padded(x: tf.Tensor, { paddings }: Placement, value = 0): tf.Tensor {
  return tf.pad(x, paddings as [number, number][], value);
}

/** What is not padding: the gradient by the images of one by padded images. */
export function cropped(gradient: tf.Tensor, { paddings }: Placement, shape: readonly number[]): tf.Tensor {
  return tf.slice(
    gradient,
    paddings.map(([before]) => before),
    [...shape],
  );
}

/** Every n-th row and column. */
export function thinned(y: tf.Tensor, [height, width]: Strides): tf.Tensor {
  return tf.stridedSlice(y, [0, 0, 0, 0], y.shape, [1, height, width, 1]);
}

/** Rows and columns with zeros between and behind them, so that there are as many as said: the gradient of {@link thinned}. */
export function spread(dy: tf.Tensor, [strideHeight, strideWidth]: Strides, [outHeight, outWidth]: readonly [number, number]): tf.Tensor {
  const [batch, height, width, channels] = dy.shape as [number, number, number, number];
  // One axis after the other, so that no tensor has more than four.
  const behindRows = tf.pad(tf.reshape(dy, [batch, height, 1, width * channels]), [
    [0, 0],
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
  ]);
  const rows = tf.reshape(behindRows, [batch, height * strideHeight, width, channels]);
  const behindColumns = tf.pad(tf.reshape(rows, [batch * height * strideHeight, width, 1, channels]), [
    [0, 0],
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ]);
  const wide = tf.reshape(behindColumns, [batch, height * strideHeight, width * strideWidth, channels]);
  const short = [outHeight - height * strideHeight, outWidth - width * strideWidth] as const;
  const longer = tf.pad(wide, [
    [0, 0],
    [0, Math.max(0, short[0])],
    [0, Math.max(0, short[1])],
    [0, 0],
  ]);
  return tf.slice(longer, [0, 0, 0, 0], [batch, outHeight, outWidth, channels]);
}
