/** The windows of pooling, with padding worked out. @module */
import { fourOf } from '../layout.js';
import { tf } from '../../tensorflow.js';

export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly outShape: readonly number[];
}

/** Of pooling and its gradients. */
export type PoolAttributes = Readonly<tf.MaxPoolAttrs>;

export function windowOf(xShape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): Window {
  const info = tf.backend_util.computePool2DInfo(fourOf(xShape), filterSize, strides, 1, pad, dimRoundingMode);
  const { top, left } = info.padInfo;
  // As far as the last window reaches, which is what rounding up means.
  const reach = (out: number, stride: number, size: number, length: number, before: number) =>
    Math.max(0, (out - 1) * stride + size - length - before);
  const bottom = reach(info.outHeight, info.strideHeight, info.filterHeight, info.inHeight, top);
  const right = reach(info.outWidth, info.strideWidth, info.filterWidth, info.inWidth, left);
  return {
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
    outShape: info.outShape,
  };
}

export function onnxWindow({ size, strides, pads }: Window) {
  return { kernel_shape: size, strides, pads };
}
