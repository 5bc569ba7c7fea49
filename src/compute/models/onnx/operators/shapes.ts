/** Operators that give the same elements another shape or order. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { moveAxes, normalAxis, Value } from '../../dataflow/value.js';

const TO_CHANNELS_FIRST = [0, 3, 1, 2];

function reshape(call: Call): Value {
  const x = call.input(0);
  const requested = call.input(1).numbers;
  const asked = requested.map((size, i) => (size === 0 && !call.attributes.flag('allowzero') ? x.shape[i]! : size));
  const target = atThisBatch(call, x, asked);
  const [have, known] = [sizeOf(x.shape), sizeOf(target.filter((size) => size !== -1))];
  if (target.includes(-1) ? known === 0 || have % known !== 0 : have !== known) throw batchWritten(x, target);
  return Value.plain(tf.reshape(x.plain, target));
}

/**
 * A file with a fixed batch, as exporters write by default, has the batch in its shapes. At another batch the first axis grows, behind axes of size 1 where these do not
 * hold the batch: each image's elements follow those of the image before it.
 */
function atThisBatch({ environment, node }: Call, x: Value, target: readonly number[]): number[] {
  const [input, output] = [environment.shapeAsWritten(node.inputs[0]!), environment.shapeAsWritten(node.outputs[0]!)];
  const batchAxis = input ? x.shape.findIndex((size, i) => size !== input[i]) : -1;
  // One that was computed from the shape of a value has grown with it.
  if (!input || !output || batchAxis < 0 || target[0] === -1 || target[0] !== output[0]) return [...target];
  const [written, now] = [input[batchAxis]!, x.shape[batchAxis]!];
  const afterOnes = (sizes: readonly number[], i: number) => sizes.slice(0, i).every((size) => size === 1);
  const grown = target.findIndex((size, i) => afterOnes(target, i) && size % written === 0);
  const axis = grown < 0 ? 0 : grown;
  const size = (target[axis]! * now) / written;
  if (afterOnes(x.shape, batchAxis) && target[axis] === output[axis] && Number.isInteger(size)) return target.with(axis, size);
  throw batchWritten(x, target);
}

const batchWritten = (x: Value, target: readonly number[]) =>
  new ComputeError(
    'INVALID_MODEL',
    `it makes [${target.join(', ')}] of [${x.shape.join(', ')}]: a batch size is written into the file. Export it with a dynamic batch axis`,
  );

function flatten(call: Call): Value {
  const x = call.input(0);
  const axis = call.attributes.number('axis', 1);
  const at = axis === x.rank ? axis : normalAxis(axis, x.rank);
  const rows = sizeOf(x.shape.slice(0, at));
  return Value.plain(tf.reshape(x.plain, [rows, sizeOf(x.shape.slice(at))]));
}

function squeeze(call: Call): Value {
  const x = call.input(0);
  const given = call.setting('axes', 1)?.map((axis) => normalAxis(axis, x.rank));
  // A batch of one is not dropped where batches of other sizes are not.
  const isBatch = (axis: number) => axis === 0 && !x.known && call.environment.isBatchOpen;
  const dropped = given ?? x.shape.flatMap((size, i) => (size === 1 && !isBatch(i) ? [i] : []));
  if (dropped.some((axis) => x.shape[axis] !== 1)) {
    throw new ComputeError('INVALID_MODEL', `axes ${dropped.join(', ')} of [${x.shape.join(', ')}] are not all of size 1`);
  }
  return Value.plain(
    tf.reshape(
      x.plain,
      x.shape.filter((_, i) => !dropped.includes(i)),
    ),
  );
}

function unsqueeze(call: Call): Value {
  const x = call.input(0);
  const given = call.setting('axes', 1) ?? [];
  const rank = x.rank + given.length;
  const added = new Set(given.map((axis) => normalAxis(axis, rank)));
  const rest = [...x.shape];
  return Value.plain(
    tf.reshape(
      x.plain,
      Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : rest.shift()!)),
    ),
  );
}

/** Between `[batch, channels, height, width]` and `[batch, height, width, channels]` nothing moves: the elements of images lie in the latter order. */
function transpose(call: Call): Value {
  const x = call.input(0);
  const order = call.attributes
    .numbers(
      'perm',
      x.shape.map((_, i) => x.rank - 1 - i),
    )
    .map((axis) => normalAxis(axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank)
    throw new ComputeError('INVALID_MODEL', `[${order.join(', ')}] is no order of ${x.rank} axes`);
  if (!x.isChannelsLast && x.rank === 4 && order.every((axis, i) => axis === TO_CHANNELS_FIRST[i])) return Value.channelsLast(x.tensor);
  return Value.plain(
    moveAxes(
      x.tensor,
      order.map((axis) => x.axis(axis)),
    ),
  );
}

/** A value of the batch's size 1 among larger ones, such as a class token, is repeated. */
function concat(call: Call): Value {
  const values = call.inputs.map((_, i) => call.input(i));
  const axis = normalAxis(call.attributes.number('axis'), values[0]!.rank);
  const asImages = values.some(({ isChannelsLast }) => isChannelsLast);
  if (asImages && values.some(({ rank }) => rank !== 4)) throw new ComputeError('INVALID_MODEL', 'its inputs differ in the number of axes');
  const tensors = values.map((value) => (asImages ? value.channelsLast : value.plain));
  const at = asImages ? TO_CHANNELS_FIRST[axis]! : axis;
  const batch = Math.max(...tensors.map(({ shape }) => shape[0] ?? 1));
  const repeated = tensors.map((x) => (at > 0 && x.shape[0] === 1 && batch > 1 ? tf.broadcastTo(x, [batch, ...x.shape.slice(1)]) : x));
  // Tracing believes shapes.
  if (
    repeated.some(({ shape }) => shape.length !== repeated[0]!.rank || shape.some((size, i) => i !== at && size !== repeated[0]!.shape[i]))
  ) {
    throw new ComputeError(
      'INVALID_MODEL',
      `[${values.map(({ shape }) => shape.join(', ')).join('] and [')}] cannot be joined on axis ${axis}`,
    );
  }
  const y = tf.concat(repeated, at);
  return asImages ? Value.channelsLast(y) : Value.plain(y);
}

function split(call: Call): Value[] {
  const x = call.input(0);
  const axis = normalAxis(call.attributes.number('axis', 0), x.rank);
  const size = x.shape[axis]!;
  const parts = call.attributes.number('num_outputs', call.node.outputs.length);
  const each = Math.ceil(size / parts);
  const sizes = call.setting('split', 1) ?? Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  if (sizes.reduce((sum, part) => sum + part, 0) !== size) {
    throw new ComputeError('INVALID_MODEL', `${size} cannot be split into ${sizes.join(', ')}`);
  }
  return tf.split(x.tensor, [...sizes], x.axis(axis)).map((part) => x.like(part));
}

/** `DCR`: the block is the slow axis among the channels; `CRD`: the channels are, as in PyTorch's pixel shuffle. */
/** Side of the squares of pixels. @throws ComputeError INVALID_MODEL where sizes are no multiples of it, or of its square. */
function blockSize(call: Call, power: 1 | 2, ...sizes: number[]): number {
  const block = call.attributes.number('blocksize');
  if (Number.isSafeInteger(block) && block > 0 && sizes.every((size) => size % block ** power === 0)) return block;
  throw new ComputeError(
    'INVALID_MODEL',
    `a blocksize of ${block} does not fit ${sizes.join(' by ')} ${power === 2 ? 'channels' : 'pixels'}`,
  );
}

function depthToSpace(call: Call): Value {
  const x = call.input(0).channelsLast;
  const [n, h, w, c] = x.shape;
  const block = blockSize(call, 2, c);
  const depth = c / block ** 2;
  const isBlockFirst = call.attributes.string('mode', 'DCR') === 'DCR';
  const six = tf.reshape(x, isBlockFirst ? [n, h, w, block, block, depth] : [n, h, w, depth, block, block]);
  const moved = tf.transpose(six, isBlockFirst ? [0, 1, 3, 2, 4, 5] : [0, 1, 4, 2, 5, 3]);
  return Value.channelsLast(tf.reshape(moved, [n, h * block, w * block, depth]));
}

function spaceToDepth(call: Call): Value {
  const x = call.input(0).channelsLast;
  const [n, h, w, c] = x.shape;
  const block = blockSize(call, 1, h, w);
  const six = tf.reshape(x, [n, h / block, block, w / block, block, c]);
  return Value.channelsLast(tf.reshape(tf.transpose(six, [0, 1, 3, 2, 4, 5]), [n, h / block, w / block, block * block * c]));
}

export const shapes: OperatorTable = {
  Concat: { run: concat },
  DepthToSpace: { run: depthToSpace },
  Flatten: { run: flatten },
  Reshape: { settings: [1], run: reshape },
  Shape: {
    gradient: 'CONSTANT',
    run(call) {
      const { shape } = call.input(0);
      const end = call.attributes.has('end') ? call.attributes.number('end') : undefined;
      return Value.ints(shape.slice(call.attributes.number('start', 0), end));
    },
  },
  Size: { gradient: 'CONSTANT', run: (call) => Value.ints([call.input(0).size], []) },
  SpaceToDepth: { run: spaceToDepth },
  Split: { settings: [1], run: split },
  Squeeze: { settings: [1], run: squeeze },
  Transpose: { run: transpose },
  Unsqueeze: { settings: [1], run: unsqueeze },
};
