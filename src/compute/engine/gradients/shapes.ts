/** Gradients of kernels that move, repeat, join or pick values. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type Gradient, type GradientTable, kernel, listed, ofInput, ofSlope } from './forms.js';

const moved = (paddings: unknown) => (paddings as [number, number][]).map(([before]) => before);

/** What padding added is dropped. */
const ofPadding = ofInput((dy, x, { paddings }) => tf.slice(dy, moved(paddings), x.shape));

/** Every piece of the size of `x`, in order. */
function pieces(x: tf.Tensor, reps: readonly number[]): number[][] {
  return reps.reduce<number[][]>(
    (begins, count, axis) => begins.flatMap((begin) => Array.from({ length: count }, (_, i) => [...begin, i * x.shape[axis]!])),
    [[]],
  );
}

/** Slopes of rows that were picked, summed up where a row was picked several times. */
function ofPicked(dy: tf.Tensor, x: tf.Tensor, indices: tf.Tensor, axis: number): tf.Tensor {
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const values = tf.reshape(dy, [...before, indices.size, ...after]);
  const order = [axis, ...before.map((_, i) => i), ...after.map((_, i) => axis + 1 + i)];
  const rows = tf.reshape(indices, [indices.size]) as tf.Tensor1D;
  const sums = tf.unsortedSegmentSum(tf.transpose(values, order), rows, x.shape[axis]!);
  return tf.transpose(sums, tf.backend_util.getUndoAxesPermutation(order));
}

const gather: Gradient = {
  inputsToSave: ['x', 'indices'],
  gradFunc(dy, [x, indices], attributes) {
    const slope = dy as tf.Tensor;
    const { axis: given, batchDims } = attributes as { axis: number; batchDims?: number };
    const [axis] = tf.util.parseAxisParam(given, x!.shape);
    const ofX = () => {
      if (batchDims !== 1) return ofPicked(slope, x!, indices!, axis!);
      const parts = tf.split(x!, x!.shape[0]!, 0).map((part, i) => ofPicked(tf.slice(slope, i, 1), part, tf.slice(indices!, i, 1), axis!));
      return tf.reshape(tf.stack(parts), x!.shape);
    };
    return { x: ofX, indices: () => tf.zeros(indices!.shape, 'float32') };
  },
};

/** Of an operation with one output alone tfjs-core gives the slope itself. */
const listOf = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor[] => [dy].flat();

/** Rows of the segments; zeros for what belonged to none. */
function ofSegments(dy: tf.Tensor, segments: tf.Tensor): tf.Tensor {
  const rows = tf.gather(dy, tf.maximum(segments, tf.zerosLike(segments)));
  const belongs = tf.greaterEqual(segments, tf.scalar(0, 'int32'));
  const spread = tf.reshape(belongs, [...belongs.shape, ...Array<number>(rows.rank - belongs.rank).fill(1)]);
  return tf.where(tf.logicalAnd(spread, tf.ones(rows.shape, 'bool')), rows, tf.zerosLike(rows));
}

export const shapes: GradientTable = {
  [tf.BatchToSpaceND]: ofSlope((dy, { blockShape, crops }) => tf.spaceToBatchND(dy, blockShape as number[], crops as number[][])),
  [tf.BroadcastTo]: ofSlope((dy, { inputShape, shape }) => {
    const [from, to] = [inputShape, shape] as [number[], number[]];
    const axes = [...to.keys()].filter((axis) => to[axis]! > 1 && from[axis] !== to[axis]);
    return tf.sum(dy, axes, true);
  }),
  [tf.Concat]: {
    saveAllInputs: true,
    gradFunc(dy, saved, { axis }) {
      const [along] = tf.util.parseAxisParam(axis as number, saved[0]!.shape);
      return listed(
        tf.split(
          dy as tf.Tensor,
          saved.map(({ shape }) => shape[along!]!),
          along,
        ),
      );
    },
  },
  [tf.ExpandDims]: ofInput((dy, x) => tf.reshape(dy, x.shape), 'input'),
  [tf.GatherV2]: gather,
  [tf.MirrorPad]: ofPadding,
  [tf.OneHot]: ofInput((_, indices) => tf.zeros(indices.shape, 'float32'), 'indices'),
  [tf.Pack]: { saveAllInputs: true, gradFunc: (dy, _, { axis }) => listed(tf.unstack(dy as tf.Tensor, axis as number)) },
  [tf.PadV2]: ofPadding,
  [tf.Reshape]: ofInput((dy, x) => tf.reshape(dy, x.shape)),
  [tf.ResizeBilinear]: ofInput((dy, images, attributes) => kernel(tf.ResizeBilinearGrad, { dy, images }, attributes), 'images'),
  [tf.ResizeNearestNeighbor]: ofInput(
    (dy, images, attributes) => kernel(tf.ResizeNearestNeighborGrad, { dy, images }, attributes),
    'images',
  ),
  [tf.Reverse]: ofSlope((dy, { dims }) => tf.reverse(dy, tf.util.parseAxisParam(dims as number[], dy.shape))),
  [tf.Slice]: ofInput((dy, x, { begin, size }) => {
    const [from, sizes] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]);
    return tf.pad(
      dy,
      x.shape.map((whole, i) => [from![i]!, whole - from![i]! - sizes![i]!]),
    );
  }),
  [tf.SpaceToBatchND]: ofSlope((dy, { blockShape, paddings }) => tf.batchToSpaceND(dy, blockShape as number[], paddings as number[][])),
  [tf.SplitV]: { gradFunc: (dy, _, { axis }) => ({ x: () => tf.concat(listOf(dy), axis as number) }) },
  [tf.Tile]: ofInput((dy, x, { reps }) =>
    pieces(x, reps as number[]).reduce((sum, begin) => tf.add(sum, tf.slice(dy, begin, x.shape)), tf.zerosLike(x)),
  ),
  [tf.Transpose]: ofSlope((dy, { perm }) => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[]))),
  [tf.Unpack]: { gradFunc: (dy, _, { axis }) => ({ value: () => tf.stack(listOf(dy), axis as number) }) },
  [tf.UnsortedSegmentSum]: {
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, [segments]) => ({ x: () => ofSegments(dy as tf.Tensor, segments!) }),
  },
};
