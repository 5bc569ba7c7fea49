/**
 * Operators on channels in blocks, which onnxruntime's optimiser writes for the processor that it runs on. Blocks are only an order in memory: values here keep
 * the order of their axes, and the weights are put back into it.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { fusedConvolution } from './microsoft.js';
import { poolings } from './pooling.js';
import { resizing } from './resizing.js';

/** Attribute that readers add: how many channels a block has on this processor. */
export const BLOCK = 'block_size';
export const NCHWC_DOMAIN = 'com.microsoft.nchwc';

/** `[out, in, height, width]` of weights that lie in blocks: `OIHW16i16o`, or `OIHW16o` where there are fewer channels in than a block has. */
function weightsInOrder(call: Call): tf.Tensor {
  const filter = call.input(1);
  const block = call.attributes.number(BLOCK);
  const [out, channels, height, width] = filter.shape as [number, number, number, number];
  if (block === 0) throw new ComputeError('UNSUPPORTED_OPERATION', 'onnxruntime has no blocks of channels on this processor');
  if (out % block !== 0)
    throw new ComputeError('INVALID_MODEL', `its ${out} channels are not in blocks of ${block}, as they are on this processor`);
  if (channels < block) {
    const blocks = tf.reshape(filter.plain, [out / block, channels, height, width, block]);
    return tf.reshape(tf.transpose(blocks, [0, 4, 1, 2, 3]), filter.shape as number[]);
  }
  const blocks = tf.reshape(filter.plain, [out / block, channels / block, height, width, block, block]);
  return tf.reshape(tf.transpose(blocks, [0, 5, 1, 4, 2, 3]), filter.shape as number[]);
}

/** Channels that fill up a block are dropped from the weights where the image has none. */
function convolution(call: Call): Value {
  const weights = weightsInOrder(call);
  const channels = call.input(0).shape[1]! / call.attributes.number('group', 1);
  const [out, , height, width] = weights.shape as [number, number, number, number];
  const filter = weights.shape[1] === channels ? weights : tf.slice(weights, [0, 0, 0, 0], [out, channels, height, width]);
  return fusedConvolution(call, [call.inputs[0], Value.plain(filter), call.inputs[2]]);
}

function reorderInput(call: Call): Value {
  const x = call.input(0);
  return call.attributes.flag('channels_last') ? Value.channelsLast(x.plain as tf.Tensor4D) : x;
}

/** Without the channels that fill up a block. */
function reorderOutput(call: Call): Value {
  const x = call.input(0).channelsLast;
  const kept = tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, call.attributes.number('channels', x.shape[3])]);
  return call.attributes.flag('channels_last') ? Value.plain(kept) : Value.channelsLast(kept);
}

/** Whole factors for each axis. */
function upsample(call: Call): Value {
  const scales = Value.known({ dtype: 'float32', shape: [4], data: Float32Array.from(call.attributes.numbers('scales')) });
  return resizing['Resize']!.run(call.with([call.inputs[0], undefined, scales])) as Value;
}

export const nchwc: OperatorTable = Object.fromEntries(
  Object.entries<Operator>({
    AveragePool: poolings['AveragePool']!,
    Conv: { run: convolution },
    GlobalAveragePool: poolings['GlobalAveragePool']!,
    GlobalMaxPool: poolings['GlobalMaxPool']!,
    MaxPool: poolings['MaxPool']!,
    ReorderInput: { run: reorderInput },
    ReorderOutput: { run: reorderOutput },
    Upsample: { run: upsample },
  }).map(([name, operator]) => [`${NCHWC_DOMAIN}.${name}`, operator]),
);
