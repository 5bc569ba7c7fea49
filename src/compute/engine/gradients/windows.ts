/** Gradients of convolutions and poolings. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, kernel, ofBoth, ofInput } from './forms.js';

/** @throws Error for dilations, of whose gradient there is no kernel. */
function refuseDilations(name: string, dilations: unknown): void {
  if (tf.backend_util.tupleValuesAreOne(dilations as number[])) return;
  throw new Error(`The gradient of ${name} knows no dilations; got ${String(dilations)}.`);
}

/** What a window's kernel and that of its gradient both take. */
function pick(attributes: Readonly<Record<string, unknown>>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, attributes[name]]));
}

const SHAPE = ['strides', 'pad', 'dataFormat', 'dimRoundingMode'];
const POOL = ['filterSize', 'strides', 'pad'];

const conv2d: Gradient = {
  inputsToSave: ['x', 'filter'],
  gradFunc(dy, saved, attributes) {
    const [x, filter, slope] = [...saved, dy] as [tf.Tensor, tf.Tensor, tf.Tensor];
    refuseDilations(tf.Conv2D, attributes['dilations']);
    const window = pick(attributes, ...SHAPE);
    return {
      x: () => kernel(tf.Conv2DBackpropInput, { dy: slope, filter }, { ...window, inputShape: x.shape }),
      filter: () => kernel(tf.Conv2DBackpropFilter, { x, dy: slope }, { ...window, filterShape: filter.shape }),
    };
  },
};

const transposedConv2d: Gradient = {
  inputsToSave: ['dy', 'filter'],
  gradFunc(ddx, saved, attributes) {
    const [dy, filter, slope] = [...saved, ddx] as [tf.Tensor, tf.Tensor4D, tf.Tensor4D];
    const window = pick(attributes, ...SHAPE);
    const { strides, pad, dataFormat, dimRoundingMode } = window as {
      strides: [number, number];
      pad: 'same';
      dataFormat: 'NHWC';
      dimRoundingMode?: 'floor';
    };
    return {
      dy: () => tf.conv2d(slope, filter, strides, pad, dataFormat, 1, dimRoundingMode),
      filter: () => kernel(tf.Conv2DBackpropFilter, { x: slope, dy }, { ...window, filterShape: filter.shape }),
    };
  },
};

const conv3d: Gradient = {
  inputsToSave: ['x', 'filter'],
  gradFunc(dy, saved, attributes) {
    const [x, filter, slope] = [...saved, dy] as [tf.Tensor, tf.Tensor, tf.Tensor];
    refuseDilations(tf.Conv3D, attributes['dilations']);
    const window = pick(attributes, 'strides', 'pad');
    return {
      x: () => kernel(tf.Conv3DBackpropInputV2, { dy: slope, filter }, { ...window, inputShape: x.shape }),
      filter: () => kernel(tf.Conv3DBackpropFilterV2, { x, dy: slope }, { ...window, filterShape: filter.shape }),
    };
  },
};

const depthwiseConv2d: Gradient = {
  inputsToSave: ['x', 'filter'],
  gradFunc(dy, saved, attributes) {
    const [x, filter, slope] = [...saved, dy] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const dilations = attributes['dilations'] ?? [1, 1];
    refuseDilations(tf.DepthwiseConv2dNative, dilations);
    const window = { ...pick(attributes, 'strides', 'pad', 'dimRoundingMode'), dilations };
    return {
      x: () => kernel(tf.DepthwiseConv2dNativeBackpropInput, { dy: slope, filter }, { ...window, inputShape: x.shape }),
      filter: () => kernel(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy: slope }, { ...window, filterShape: filter.shape }),
    };
  },
};

const dilation2d: Gradient = {
  inputsToSave: ['x', 'filter'],
  gradFunc(dy, saved, attributes) {
    const inputs = { x: saved[0]!, filter: saved[1]!, dy: dy as tf.Tensor };
    return {
      x: () => kernel(tf.Dilation2DBackpropInput, inputs, attributes),
      filter: () => kernel(tf.Dilation2DBackpropFilter, inputs, attributes),
    };
  },
};

export const windows: GradientTable = {
  [tf.AvgPool]: ofInput((dy, input, attributes) => kernel(tf.AvgPoolGrad, { dy, input }, pick(attributes, ...POOL))),
  [tf.AvgPool3D]: ofInput((dy, input, attributes) => kernel(tf.AvgPool3DGrad, { dy, input }, pick(attributes, ...POOL, 'dimRoundingMode'))),
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropInput]: transposedConv2d,
  [tf.Conv3D]: conv3d,
  [tf.DepthwiseConv2dNative]: depthwiseConv2d,
  [tf.Dilation2D]: dilation2d,
  [tf.LRN]: ofBoth((dy, x, y, attributes) => kernel(tf.LRNGrad, { x, y, dy }, pick(attributes, 'depthRadius', 'bias', 'alpha', 'beta'))),
  [tf.MaxPool]: ofBoth((dy, input, output, attributes) => kernel(tf.MaxPoolGrad, { dy, input, output }, pick(attributes, ...POOL))),
  [tf.MaxPool3D]: ofBoth((dy, input, output, attributes) =>
    kernel(tf.MaxPool3DGrad, { dy, input, output }, pick(attributes, ...POOL, 'dimRoundingMode')),
  ),
};
