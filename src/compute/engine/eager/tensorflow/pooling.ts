/** Pooling of any padding, by pooling of padded images. @module */
import { tf } from '../../tensorflow.js';
import type { Attributes, Lowering, LoweringTable } from './lowering.js';
import { cropped, isNative, padded, type Placement, placement2d, placement3d } from './padding.js';

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: number | 'valid' | 'same';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Where the windows are in images of a shape, four axes or five. */
function placementOf(shape: number[], attributes: Attributes): Placement {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as PoolAttributes;
  const { computePool2DInfo, computePool3DInfo } = tf.backend_util;
  return shape.length === 4
    ? placement2d(computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode))
    : placement3d(
        computePool3DInfo(
          shape as [number, number, number, number, number],
          filterSize as number,
          strides as number,
          1,
          pad as number,
          dimRoundingMode,
        ),
      );
}

const valid = ({ filterSize, strides }: Attributes): Attributes => ({ filterSize, strides, pad: 'valid' });

/** Padding is never the largest of a window. */
const maximum: Lowering = (inputs, attributes, own) => {
  if (isNative(attributes)) return own(inputs, attributes);
  const x = inputs['x']!;
  return own({ x: padded(x, placementOf(x.shape, attributes), -Infinity) }, valid(attributes));
};

const maximumGradient: Lowering = (inputs, attributes, own) => {
  if (isNative(attributes)) return own(inputs, attributes);
  const { dy, input, output } = inputs as { dy: tf.Tensor; input: tf.Tensor; output: tf.Tensor };
  const placement = placementOf(input.shape, attributes);
  return cropped(own({ dy, input: padded(input, placement, -Infinity), output }, valid(attributes)), placement, input.shape);
};

/** The share of each window that is not padding: the reference takes the mean of that part. */
function shareInside(pool: string, shape: readonly number[], placement: Placement, attributes: Attributes): tf.Tensor {
  const ones = tf.ones([1, ...shape.slice(1, -1), 1]);
  return tf.engine().runKernel(pool, { x: padded(ones, placement) }, valid(attributes) as tf.NamedAttrMap);
}

const average =
  (pool: string): Lowering =>
  (inputs, attributes, own) => {
    if (isNative(attributes)) return own(inputs, attributes);
    const x = inputs['x']!;
    const placement = placementOf(x.shape, attributes);
    return tf.div(own({ x: padded(x, placement) }, valid(attributes)), shareInside(pool, x.shape, placement, attributes));
  };

const averageGradient =
  (pool: string): Lowering =>
  (inputs, attributes, own) => {
    if (isNative(attributes)) return own(inputs, attributes);
    const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
    const placement = placementOf(input.shape, attributes);
    const slopes = tf.div(dy, shareInside(pool, input.shape, placement, attributes));
    return cropped(own({ dy: slopes, input: padded(input, placement) }, valid(attributes)), placement, input.shape);
  };

export const pooling: LoweringTable = {
  [tf.MaxPool]: maximum,
  [tf.MaxPoolGrad]: maximumGradient,
  [tf.MaxPool3D]: maximum,
  [tf.MaxPool3DGrad]: maximumGradient,
  [tf.AvgPool]: average(tf.AvgPool),
  [tf.AvgPoolGrad]: averageGradient(tf.AvgPool),
  [tf.AvgPool3D]: average(tf.AvgPool3D),
  [tf.AvgPool3DGrad]: averageGradient(tf.AvgPool3D),
};
