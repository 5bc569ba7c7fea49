/** Operators that move, join, take parts of or reduce values. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { broadcast, cumulativeSum, depthToSpace, everyNth, mirrorPad, product } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { withGradient } from '../../dataflow/straight-through.js';
import { normalAxis, Value } from '../../dataflow/value.js';

function rearrangement(fn: (x: tf.Tensor, call: Call) => tf.Tensor, settings: readonly number[] = [1]): Operator {
  return { settings, run: (call) => Value.plain(fn(call.input(0).plain, call)) };
}

function reduction(fn: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): Operator {
  return rearrangement((x, call) => {
    const axes = call.input(1).numbers.map((axis) => normalAxis(axis, x.rank));
    return axes.length === 0 ? x : fn(x, axes, call.attributes.flag('keep_dims'));
  });
}

function join(values: readonly Value[], axis: number): Value {
  const tensors = values.map(({ plain }) => plain);
  const at = normalAxis(axis, tensors[0]!.rank);
  // Tracing believes shapes.
  if (
    tensors.some(({ shape }) => shape.length !== tensors[0]!.rank || shape.some((size, i) => i !== at && size !== tensors[0]!.shape[i]))
  ) {
    throw new ComputeError(
      'INVALID_MODEL',
      `[${tensors.map(({ shape }) => shape.join(', ')).join('] and [')}] cannot be joined on axis ${at}`,
    );
  }
  return Value.plain(tf.concat(tensors, at));
}

function stridedSlice(x: tf.Tensor, call: Call): tf.Tensor {
  const numbers = (index: number) => call.input(index).numbers;
  const mask = (name: string) => call.attributes.number(name, 0);
  const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
    x.shape,
    numbers(1),
    numbers(2),
    numbers(3),
    mask('begin_mask'),
    mask('end_mask'),
    mask('ellipsis_mask'),
    mask('new_axis_mask'),
    mask('shrink_axis_mask'),
  );
  if (strides.some((step) => step < 0)) throw new ComputeError('UNSUPPORTED_OPERATION', 'slices backwards are not supported');
  const size = begin.map((start, i) => Math.max(0, end[i]! - start));
  return tf.reshape(strides.reduce(everyNth, tf.slice(x, begin, size)), finalShape);
}

function gather(call: Call): Value {
  const x = call.input(0).plain;
  const indices = call.input(1);
  const axis = call.has(2) ? normalAxis(call.input(2).numbers[0]!, x.rank) : 0;
  if (call.attributes.number('batch_dims', 0) !== 0) throw new ComputeError('UNSUPPORTED_OPERATION', 'gathering by batch is not supported');
  if (indices.numbers.some((index) => index < 0 || index >= x.shape[axis]!))
    throw new ComputeError('INVALID_MODEL', 'an index is out of range');
  return Value.plain(tf.gather(x, tf.cast(indices.plain, 'int32'), axis));
}

const pairs = (values: readonly number[]) =>
  Array.from({ length: values.length / 2 }, (_, i): [number, number] => [values[2 * i]!, values[2 * i + 1]!]);

function resize(fn: typeof tf.image.resizeBilinear): Operator {
  return rearrangement((x, call) => {
    const [height, width] = call.input(1).numbers as [number, number];
    return fn(x as tf.Tensor4D, [height, width], call.attributes.flag('align_corners'), call.attributes.flag('half_pixel_centers'));
  });
}

function split(x: tf.Tensor, sizes: number | number[], axis: number): Value[] {
  return tf.split(x, sizes, normalAxis(axis, x.rank)).map((part) => Value.plain(part));
}

/** Ones on the diagonals of the last two axes that are kept: as many below and above as given, all where that is negative. */
function band(shape: readonly number[], below: number, above: number): tf.Tensor {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const isKept = (row: number, column: number) => (below < 0 || row - column <= below) && (above < 0 || column - row <= above);
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Number(isKept(Math.floor(i / columns), i % columns))),
    [rows, columns],
  );
}

const argMax = rearrangement((x, call) => tf.argMax(x, normalAxis(call.input(1).numbers[0]!, x.rank)));

export const shapes: OperatorTable = {
  All: withGradient('ZERO', reduction(tf.all)),
  Any: withGradient('ZERO', reduction(tf.any)),
  ArgMax: withGradient('ZERO', argMax),
  ArgMin: withGradient(
    'ZERO',
    rearrangement((x, call) => tf.argMin(x, normalAxis(call.input(1).numbers[0]!, x.rank))),
  ),
  BatchToSpaceND: rearrangement((x, call) => tf.batchToSpaceND(x, call.input(1).numbers, pairs(call.input(2).numbers)), [1, 2]),
  BroadcastTo: rearrangement((x, call) => broadcast(x, call.input(1).numbers)),
  ConcatV2: {
    run(call) {
      const last = call.inputs.length - 1;
      const values = call.inputs.slice(0, last).map((_, i) => call.input(i));
      return join(values, call.input(last).numbers[0]!);
    },
  },
  Cumsum: rearrangement((x, call) => {
    const { attributes } = call;
    return cumulativeSum(x, normalAxis(call.input(1).numbers[0]!, x.rank), attributes.flag('exclusive'), attributes.flag('reverse'));
  }),
  DepthToSpace: rearrangement((x, call) => depthToSpace(x as tf.Tensor4D, call.attributes.number('block_size')), []),
  /** The length along axes. */
  EuclideanNorm: reduction((x, axes, keepDims) => tf.sqrt(tf.sum(tf.square(x), axes, keepDims))),
  ExpandDims: rearrangement((x, call) => tf.expandDims(x, call.input(1).numbers[0]!)),
  Fill: {
    settings: [0, 1],
    gradient: 'CONSTANT',
    run: (call) => Value.plain(tf.fill(call.input(0).numbers, call.input(1).numbers[0]!, call.input(1).dtype as 'int32')),
  },
  Gather: { settings: [1], run: gather },
  GatherV2: { settings: [1, 2], run: gather },
  MatrixBandPart: rearrangement(
    (x, call) => {
      const kept = band(x.shape, call.input(1).numbers[0]!, call.input(2).numbers[0]!);
      return tf.cast(tf.mul(tf.cast(x, 'float32'), kept), x.dtype);
    },
    [1, 2],
  ),
  Max: reduction(tf.max),
  Mean: reduction(tf.mean),
  Min: reduction(tf.min),
  MirrorPad: rearrangement((x, call) => {
    return mirrorPad(x, pairs(call.input(1).numbers), call.attributes.string('mode') === 'REFLECT' ? 'reflect' : 'symmetric');
  }),
  Pack: {
    run(call) {
      const axis = call.attributes.number('axis', 0);
      const values = call.inputs.map((_, i) => Value.plain(tf.expandDims(call.input(i).plain, axis)));
      return join(values, axis);
    },
  },
  Pad: rearrangement((x, call) => tf.pad(x, pairs(call.input(1).numbers))),
  PadV2: rearrangement((x, call) => tf.pad(x, pairs(call.input(1).numbers), call.input(2).numbers[0]), [1, 2]),
  Prod: reduction(product),
  Range: {
    settings: [0, 1, 2],
    gradient: 'CONSTANT',
    run(call) {
      const [start, limit, step] = [0, 1, 2].map((i) => call.input(i).numbers[0]!) as [number, number, number];
      return Value.plain(tf.range(start, limit, step, call.input(0).dtype as 'int32'));
    },
  },
  Rank: { gradient: 'CONSTANT', run: (call) => Value.ints([call.input(0).rank], []) },
  Reshape: rearrangement((x, call) => tf.reshape(x, call.input(1).numbers)),
  ResizeBilinear: resize(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resize(tf.image.resizeNearestNeighbor),
  ReverseV2: rearrangement((x, call) =>
    tf.reverse(
      x,
      call.input(1).numbers.map((axis) => normalAxis(axis, x.rank)),
    ),
  ),
  Shape: { gradient: 'CONSTANT', run: (call) => Value.ints(call.input(0).shape) },
  Size: { gradient: 'CONSTANT', run: (call) => Value.ints([call.input(0).size], []) },
  Slice: rearrangement((x, call) => tf.slice(x, call.input(1).numbers, call.input(2).numbers), [1, 2]),
  SpaceToBatchND: rearrangement((x, call) => tf.spaceToBatchND(x, call.input(1).numbers, pairs(call.input(2).numbers)), [1, 2]),
  Split: {
    settings: [0],
    run: (call) => split(call.input(1).plain, call.attributes.number('num_split'), call.input(0).numbers[0]!),
  },
  SplitV: {
    settings: [1, 2],
    run: (call) => split(call.input(0).plain, call.input(1).numbers, call.input(2).numbers[0]!),
  },
  Squeeze: rearrangement((x, call) => {
    const axes = call.attributes.numbers('squeeze_dims', call.attributes.numbers('axis', []));
    return tf.squeeze(x, axes.length > 0 ? [...axes] : undefined);
  }, []),
  StridedSlice: rearrangement(stridedSlice, [1, 2, 3]),
  Sum: reduction(tf.sum),
  Tile: rearrangement((x, call) => tf.tile(x, call.input(1).numbers)),
  Transpose: rearrangement((x, call) => tf.transpose(x, call.input(1).numbers)),
  Unpack: {
    run(call) {
      const x = call.input(0).plain;
      return tf.unstack(x, call.attributes.number('axis', 0)).map((part) => Value.plain(part));
    },
  },
};
