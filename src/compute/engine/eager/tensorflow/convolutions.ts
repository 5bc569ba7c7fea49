/** Convolutions of any padding, strides and layout, by those that TensorFlow's kernels and the package around them take. @module */
import { tf } from '../../tensorflow.js';
import type { Attributes, Inputs, Lowering, LoweringTable } from './lowering.js';
import { cropped, isNative, padded, placement2d, spread, type Strides, thinned } from './padding.js';

type Shape4D = [number, number, number, number];
type Pad = number | 'valid' | 'same' | tf.backend_util.ExplicitPadding;

interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly pad: Pad;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Where the windows of a convolution with valid padding, and of stride 1 where it has to be, are those of the call. */
function plan(imageShape: number[], filterShape: number[], attributes: Attributes, isDepthwise: boolean) {
  const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as ConvAttributes;
  const info = tf.backend_util.computeConv2DInfo(
    imageShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
  );
  const given: Strides = [info.strideHeight, info.strideWidth];
  // The depthwise kernels take one stride for both axes.
  const isThinned = isDepthwise && given[0] !== given[1];
  const placement = placement2d(info);
  const [, height, width] = placement.paddedShape as Shape4D;
  return {
    placement,
    /** Whether the backend's own kernel takes the call. */
    isNative: isNative(attributes) && !isThinned,
    strides: given,
    isThinned,
    dense: [height - info.effectiveFilterHeight + 1, width - info.effectiveFilterWidth + 1] as const,
    attributes: { ...attributes, pad: 'valid', dimRoundingMode: undefined, ...(isThinned ? { strides: [1, 1] } : {}) },
  };
}

type Plan = ReturnType<typeof plan>;

const slopesOf = (dy: tf.Tensor, { isThinned, strides, dense }: Plan) => (isThinned ? spread(dy, strides, dense) : dy);

function forward(isDepthwise: boolean): Lowering {
  return (inputs, attributes, own) => {
    const { x, filter } = inputs as { x: tf.Tensor; filter: tf.Tensor };
    const call = plan(x.shape, filter.shape, attributes, isDepthwise);
    if (call.isNative) return own(inputs, attributes);
    const y = own({ x: padded(x, call.placement), filter }, call.attributes);
    return call.isThinned ? thinned(y, call.strides) : y;
  };
}

function inputGradient(isDepthwise: boolean): Lowering {
  return (inputs, attributes, own) => {
    const { dy, filter } = inputs as { dy: tf.Tensor; filter: tf.Tensor };
    const inputShape = attributes['inputShape'] as number[];
    const call = plan(inputShape, filter.shape, attributes, isDepthwise);
    if (call.isNative) return own(inputs, attributes);
    const { paddedShape } = call.placement;
    const gradient = own({ dy: slopesOf(dy, call), filter }, { ...call.attributes, inputShape: paddedShape });
    return cropped(gradient, call.placement, inputShape);
  };
}

function filterGradient(isDepthwise: boolean): Lowering {
  return (inputs, attributes, own) => {
    const { x, dy } = inputs as { x: tf.Tensor; dy: tf.Tensor };
    const call = plan(x.shape, attributes['filterShape'] as number[], attributes, isDepthwise);
    if (call.isNative) return own(inputs, attributes);
    return own({ x: padded(x, call.placement), dy: slopesOf(dy, call) }, call.attributes);
  };
}

const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];
const permuted = <T>(values: readonly T[]): T[] => TO_LAST.map((axis) => values[axis]!);

/** A convolution whose channels come first, by one whose channels come last: the package gives TensorFlow strides in the wrong order. */
function channelsLast(lowering: Lowering, result: 'images' | 'filter'): Lowering {
  return (inputs, attributes, own) => {
    if (attributes['dataFormat'] !== 'NCHW') return lowering(inputs, attributes, own);
    const last: Inputs = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name, name === 'filter' ? value : tf.transpose(value, TO_LAST)]),
    );
    const { pad, inputShape } = attributes as { pad: Pad; inputShape?: number[] };
    const y = lowering(
      last,
      {
        ...attributes,
        dataFormat: 'NHWC',
        pad: Array.isArray(pad) ? permuted(pad) : pad,
        ...(inputShape ? { inputShape: permuted(inputShape) } : {}),
      },
      own,
    );
    return result === 'images' ? tf.transpose(y, TO_FIRST) : y;
  };
}

export const convolutions: LoweringTable = {
  [tf.Conv2D]: channelsLast(forward(false), 'images'),
  [tf.Conv2DBackpropInput]: channelsLast(inputGradient(false), 'images'),
  [tf.Conv2DBackpropFilter]: channelsLast(filterGradient(false), 'filter'),
  [tf.DepthwiseConv2dNative]: forward(true),
  [tf.DepthwiseConv2dNativeBackpropInput]: inputGradient(true),
  [tf.DepthwiseConv2dNativeBackpropFilter]: filterGradient(true),
};
