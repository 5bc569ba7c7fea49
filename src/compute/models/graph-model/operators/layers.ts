/** Convolutions, pooling, normalization and products, and the forms in which converters fuse them with what follows. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { batchNormalization } from '../../dataflow/batch-normalization.js';
import { convolution3d } from '../../dataflow/convolution-3d.js';
import { checkInner, dilate, matMul } from '../../dataflow/differentiable.js';
import { einsum } from '../../dataflow/einsum.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';

type Padding = Parameters<typeof tf.conv2d>[3];

/** `[1, height, width, 1]` of a setting of all four axes. */
function spatial(call: Call, name: string): [number, number] {
  const values = call.attributes.numbers(name, [1, 1, 1, 1]);
  const [images, height, width, channels] = values as [number, number, number, number];
  if (images === 1 && channels === 1 && [height, width].every((n) => Number.isSafeInteger(n) && n > 0)) return [height, width];
  throw new ComputeError('INVALID_MODEL', `${name} is [${values.join(', ')}]`);
}

function padding(call: Call): Padding {
  if (!['NHWC', 'NDHWC'].includes(call.attributes.string('data_format', 'NHWC'))) {
    throw new ComputeError('UNSUPPORTED_OPERATION', 'GraphModels with channels before pixels are not supported');
  }
  const kind = call.attributes.string('padding');
  if (kind !== 'EXPLICIT') return kind === 'SAME' ? 'same' : 'valid';
  const pads = call.attributes.numbers('explicit_paddings');
  return [0, 2, 4, 6].map((i) => [pads[i]!, pads[i + 1]!]) as unknown as Padding;
}

function convolution(call: Call): tf.Tensor {
  const filter = dilate(call.input(1).plain as tf.Tensor4D, spatial(call, 'dilations'));
  return tf.conv2d(call.input(0).plain as tf.Tensor4D, filter, spatial(call, 'strides'), padding(call));
}

function depthwiseConvolution(call: Call): tf.Tensor {
  const filter = dilate(call.input(1).plain as tf.Tensor4D, spatial(call, 'dilations'));
  return tf.depthwiseConv2d(call.input(0).plain as tf.Tensor4D, filter, spatial(call, 'strides'), padding(call));
}

/** The gradient of a convolution, which Keras uses as a transposed one. Inputs: its output's shape, filter, x. */
function transposedConvolution(call: Call): tf.Tensor {
  const shape = call.input(0).numbers as [number, number, number, number];
  return tf.conv2dTranspose(
    call.input(2).plain as tf.Tensor4D,
    call.input(1).plain as tf.Tensor4D,
    shape,
    spatial(call, 'strides'),
    padding(call),
  );
}

function product(call: Call): tf.Tensor {
  const [a, b] = [call.input(0).plain as tf.Tensor2D, call.input(1).plain as tf.Tensor2D];
  const [transA, transB] = [call.attributes.flag('transpose_a'), call.attributes.flag('transpose_b')];
  checkInner(a.shape[transA ? 0 : 1], b.shape[transB ? 1 : 0]);
  return tf.matMul(a, b, transA, transB);
}

function batchProduct(call: Call): tf.Tensor {
  const turned = (x: tf.Tensor, flag: boolean) => {
    const last = x.rank - 1;
    return flag
      ? tf.transpose(
          x,
          [...x.shape.keys()].map((i) => (i === last ? last - 1 : i === last - 1 ? last : i)),
        )
      : x;
  };
  return matMul(turned(call.input(0).plain, call.attributes.flag('adj_x')), turned(call.input(1).plain, call.attributes.flag('adj_y')));
}

/** What a fused operator does after its first part, in order. Inputs from the third on are theirs. */
function fused(first: (call: Call) => tf.Tensor): Operator {
  return {
    run(call) {
      let y = first(call);
      let next = 2;
      for (const part of call.attributes.strings('fused_ops', [])) y = applyFused(part, y, call, () => call.input(next++).plain);
      return Value.plain(y);
    },
  };
}

function applyFused(part: string, y: tf.Tensor, call: Call, operand: () => tf.Tensor): tf.Tensor {
  switch (part) {
    case 'BiasAdd':
      return tf.add(y, operand());
    case 'Relu':
      return tf.relu(y);
    case 'Relu6':
      return tf.relu6(y);
    case 'Elu':
      return tf.elu(y);
    case 'Sigmoid':
      return tf.sigmoid(y);
    case 'Tanh':
      return tf.tanh(y);
    case 'LeakyRelu':
      return tf.leakyRelu(y, call.attributes.number('leakyrelu_alpha', 0.2));
    case 'Prelu':
      return tf.prelu(y, operand());
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `the fused ${part} is not supported`);
  }
}

const plain = (fn: (call: Call) => tf.Tensor): Operator => ({ run: (call) => Value.plain(fn(call)) });

const normalization: Operator = {
  statistics: [3, 4],
  run(call) {
    const x = call.input(0);
    const axis = call.attributes.string('data_format', 'NHWC').startsWith('NC') ? 1 : x.rank - 1;
    const epsilon = call.attributes.number('epsilon', 1e-4);
    if (!call.attributes.flag('is_training')) return batchNormalization(call, axis, epsilon, 0.99);
    if (x.shape[0] !== 1) {
      throw new ComputeError(
        'UNSUPPORTED_OPERATION',
        'a batch normalization in training mode, whose answers depend on the other images of a batch. Export the model as it predicts, with training=False',
      );
    }
    // Layer normalizations of Keras 2, with the images of the batch among the channels.
    return Value.plain(normalizedByOwn(call, axis, epsilon));
  },
};

/** By the statistics of each channel. */
function normalizedByOwn(call: Call, axis: number, epsilon: number): tf.Tensor {
  const x = call.input(0).plain;
  const { mean, variance } = tf.moments(
    x,
    x.shape.map((_, i) => i).filter((i) => i !== axis),
    true,
  );
  const along = (vector: tf.Tensor) =>
    tf.reshape(
      vector,
      x.shape.map((_, i) => (i === axis ? -1 : 1)),
    );
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(normal, along(call.input(1).plain)), along(call.input(2).plain));
}

function pool(fn: typeof tf.maxPool): Operator {
  return plain((call) => fn(call.input(0).plain as tf.Tensor4D, spatial(call, 'ksize'), spatial(call, 'strides'), padding(call) as 'same'));
}

export const layers: OperatorTable = {
  AvgPool: pool(tf.avgPool),
  BatchMatMul: plain(batchProduct),
  BatchMatMulV2: plain(batchProduct),
  Conv2D: plain(convolution),
  Conv3D: plain((call) => {
    const ofSpace = (name: string) => call.attributes.numbers(name, [1, 1, 1, 1, 1]).slice(1, 4);
    const pad = padding(call);
    if (pad !== 'same' && pad !== 'valid')
      throw new ComputeError('UNSUPPORTED_OPERATION', 'explicit paddings of volumes are not supported');
    return convolution3d(call.input(0).plain, call.input(1).plain, ofSpace('strides'), ofSpace('dilations'), pad);
  }),
  Conv2DBackpropInput: { settings: [0], run: (call) => Value.plain(transposedConvolution(call)) },
  DepthwiseConv2dNative: plain(depthwiseConvolution),
  Einsum: plain((call) =>
    einsum(
      call.attributes.string('equation'),
      call.inputs.map((_, i) => call.input(i).plain),
    ),
  ),
  FusedBatchNorm: normalization,
  FusedBatchNormV2: normalization,
  FusedBatchNormV3: normalization,
  FusedDepthwiseConv2dNative: fused(depthwiseConvolution),
  LRN: plain((call) => {
    const setting = (name: string, fallback: number) => call.attributes.number(name, fallback);
    return tf.localResponseNormalization(
      call.input(0).plain as tf.Tensor4D,
      setting('depth_radius', 5),
      setting('bias', 1),
      setting('alpha', 1),
      setting('beta', 0.5),
    );
  }),
  MatMul: plain(product),
  MaxPool: pool(tf.maxPool),
  _FusedConv2D: fused(convolution),
  _FusedMatMul: fused(product),
};
