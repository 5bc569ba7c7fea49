/** Operators that read and write parts of values at positions that are listed one by one. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';

/** Indices as known numbers, those from the end turned positive. @param lengthAt of the axis that the i-th of them counts along. */
export function knownIndices(value: Value, lengthAt: (i: number) => number): number[] {
  return value.numbers.map((index, i) => {
    const length = lengthAt(i);
    const positive = index < 0 ? index + length : index;
    if (positive >= 0 && positive < length) return positive;
    throw new ComputeError('INVALID_MODEL', `there is no position ${index} along an axis of ${length}`);
  });
}

const stridesOf = (shape: readonly number[]) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** Positions in the flat value that indices along one axis stand for, every other coordinate being that of the index itself. */
function positionsAlong(shape: readonly number[], indices: Value, axis: number): number[] {
  const [strides, own] = [stridesOf(shape), stridesOf(indices.shape)];
  return knownIndices(indices, () => shape[axis]!).map((index, i) =>
    strides.reduce((sum, stride, j) => sum + (j === axis ? index : Math.floor(i / own[j]!) % indices.shape[j]!) * stride, 0),
  );
}

/**
 * Where the rows of `indices` point to in a value of shape `[batch axes..., axes that are indexed..., rest...]`, as numbers of blocks of the size of the rest.
 * @returns them with the number of axes in front of the rest.
 */
function blocksAt(shape: readonly number[], indices: Value, batchAxes = 0): { blocks: number[]; depth: number } {
  const width = indices.shape.at(-1) ?? 0;
  const depth = batchAxes + width;
  if (width < 1 || depth > shape.length)
    throw new ComputeError('INVALID_MODEL', `indices of ${width} numbers do not fit ${shape.length} axes`);
  const strides = stridesOf(shape.slice(0, depth));
  const perBatch = indices.size / width / sizeOf(shape.slice(0, batchAxes));
  const known = knownIndices(indices, (i) => shape[batchAxes + (i % width)]!);
  const area = sizeOf(shape.slice(batchAxes, depth));
  const blocks = Array.from({ length: indices.size / width }, (_, row) =>
    strides.slice(batchAxes).reduce((sum, stride, k) => sum + known[row * width + k]! * stride, Math.floor(row / perBatch) * area),
  );
  return { blocks, depth };
}

function gatherElements(call: Call): Value {
  const x = call.input(0);
  const indices = call.input(1);
  const axis = normalAxis(call.attributes.number('axis', 0), x.rank);
  if (!indices.known) return gatherComputed(x, indices, axis);
  const positions = positionsAlong(x.shape, indices, axis);
  return Value.plain(tf.reshape(tf.gather(tf.reshape(x.plain, [-1]), tf.tensor1d(positions, 'int32')), [...indices.shape]));
}

/** Indices that depend on the image, such as those of maxima: each of the elements along the axis counts where its position is the index. */
function gatherComputed(x: Value, indices: Value, axis: number): Value {
  const length = x.shape[axis]!;
  const last = x.rank - 1;
  const size = [...indices.shape.slice(0, axis), length, ...indices.shape.slice(axis + 1)];
  const part = tf.slice(
    x.plain,
    size.map(() => 0),
    size,
  );
  const order = [...size.keys()].map((i) => (i === axis ? last : i === last ? axis : i));
  const swapped = (y: tf.Tensor) => (axis === last ? y : tf.transpose(y, order));
  // `[..., 1, length]` against `[..., indices, length]`.
  const elements = tf.expandDims(swapped(part), last);
  const positive = tf.where(tf.less(indices.plain, 0), tf.add(indices.plain, tf.scalar(length, 'int32')), indices.plain);
  const isHere = tf.equal(tf.expandDims(swapped(positive), x.rank), tf.range(0, length, 1, 'int32'));
  return Value.plain(swapped(tf.sum(tf.mul(elements, tf.cast(isHere, x.dtype)), -1)));
}

function gatherNd(call: Call): Value {
  const x = call.input(0);
  const indices = call.input(1);
  const { blocks, depth } = blocksAt(x.shape, indices, call.attributes.number('batch_dims', 0));
  const rest = x.shape.slice(depth);
  const rows = tf.reshape(x.plain, [sizeOf(x.shape.slice(0, depth)), ...rest]);
  return Value.plain(tf.reshape(tf.gather(rows, tf.tensor1d(blocks, 'int32')), [...indices.shape.slice(0, -1), ...rest]));
}

const REDUCTIONS: Readonly<Record<string, (old: tf.Tensor, update: tf.Tensor) => tf.Tensor>> = {
  mul: tf.mul,
  min: tf.minimum,
  max: tf.maximum,
};

/** Updates in rounds, none of which has two at one position: the first of each position, then the second, and so on. */
function roundsOf(positions: readonly number[]): number[][] {
  const seen = new Map<number, number>();
  const rounds: number[][] = [];
  for (const [i, position] of positions.entries()) {
    const round = seen.get(position) ?? 0;
    seen.set(position, round + 1);
    (rounds[round] ??= []).push(i);
  }
  return rounds;
}

/** The value with updates at positions of the flat value. */
function scatter(x: tf.Tensor, updates: tf.Tensor, positions: readonly number[], reduction: string): tf.Tensor {
  if (positions.length === 0) return x;
  if (updates.size !== positions.length)
    throw new ComputeError('INVALID_MODEL', `${updates.size} updates do not fit ${positions.length} positions`);
  if (reduction === 'none') return written(x, updates, positions);
  const [flat, news, at] = [tf.reshape(x, [-1]), tf.reshape(updates, [-1]), tf.tensor1d([...positions], 'int32')];
  if (reduction === 'add') return tf.reshape(tf.add(flat, tf.unsortedSegmentSum(news, at, x.size)), x.shape);
  const combine = REDUCTIONS[reduction];
  if (!combine) throw new ComputeError('UNSUPPORTED_OPERATION', `the reduction ${reduction} is not supported`);
  return roundsOf(positions).reduce((y, round) => {
    const targets = round.map((i) => positions[i]!);
    const old = tf.gather(tf.reshape(y, [-1]), tf.tensor1d(targets, 'int32'));
    return written(y, combine(old, tf.gather(news, tf.tensor1d(round, 'int32'))), targets);
  }, x);
}

/** With the last of several updates at one position. */
function written(x: tf.Tensor, updates: tf.Tensor, positions: readonly number[]): tf.Tensor {
  const box = boxOf(x.shape, positions);
  if (box) return replaceBox(x, tf.reshape(updates, box.size), box.begin);
  // Picked from both, one after the other: a picking has an exact gradient.
  const sources = Int32Array.from({ length: x.size }, (_, i) => i);
  for (const [k, position] of positions.entries()) sources[position] = x.size + k;
  const both = tf.concat([tf.reshape(x, [-1]), tf.reshape(updates, [-1])], 0);
  return tf.reshape(tf.gather(both, tf.tensor1d(sources, 'int32')), x.shape);
}

/** The block that positions cover, where they are those of one, in order: `x[:, 0] = …` writes such. */
function boxOf(shape: readonly number[], positions: readonly number[]): { begin: number[]; size: number[] } | undefined {
  const strides = stridesOf(shape);
  const coordinates = (position: number) => strides.map((stride, axis) => Math.floor(position / stride) % shape[axis]!);
  const begin = coordinates(positions[0]!);
  const size = coordinates(positions.at(-1)!).map((last, axis) => last - begin[axis]! + 1);
  if (size.some((length) => length < 1) || sizeOf(size) !== positions.length) return undefined;
  const own = stridesOf(size);
  const isBox = positions.every(
    (position, i) =>
      position === strides.reduce((sum, stride, axis) => sum + stride * (begin[axis]! + (Math.floor(i / own[axis]!) % size[axis]!)), 0),
  );
  return isBox ? { begin, size } : undefined;
}

function replaceBox(x: tf.Tensor, box: tf.Tensor, begin: readonly number[]): tf.Tensor {
  const axis = box.shape.findIndex((size, i) => size !== x.shape[i]);
  if (axis < 0) return box;
  const [from, to] = [begin[axis]!, begin[axis]! + box.shape[axis]!];
  const part = (start: number, end: number) =>
    tf.slice(
      x,
      x.shape.map((_, i) => (i === axis ? start : 0)),
      x.shape.map((size, i) => (i === axis ? end - start : size)),
    );
  const middle = replaceBox(
    part(from, to),
    box,
    begin.map((start, i) => (i === axis ? 0 : start)),
  );
  const parts = [...(from > 0 ? [part(0, from)] : []), middle, ...(to < x.shape[axis]! ? [part(to, x.shape[axis]!)] : [])];
  return tf.concat(parts, axis);
}

function scatterElements(call: Call): Value {
  const x = call.input(0);
  const axis = normalAxis(call.attributes.number('axis', 0), x.rank);
  const positions = positionsAlong(x.shape, call.input(1), axis);
  return Value.plain(scatter(x.plain, call.input(2).plain, positions, call.attributes.string('reduction', 'none')));
}

function scatterNd(call: Call): Value {
  const x = call.input(0);
  const { blocks, depth } = blocksAt(x.shape, call.input(1));
  const area = sizeOf(x.shape.slice(depth));
  const positions = blocks.flatMap((block) => Array.from({ length: area }, (_, i) => block * area + i));
  return Value.plain(scatter(x.plain, call.input(2).plain, positions, call.attributes.string('reduction', 'none')));
}

export const scatters: OperatorTable = {
  GatherElements: { run: gatherElements },
  GatherND: { settings: [1], run: gatherNd },
  /** Name of ScatterElements in old files. */
  Scatter: { settings: [1], run: scatterElements },
  ScatterElements: { settings: [1], run: scatterElements },
  ScatterND: { settings: [1], run: scatterNd },
};
