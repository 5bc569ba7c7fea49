/** Operators that take parts of values, by position. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { cumulativeSum, everyNth, mirrorPad, wrapPad } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { normalAxis, Value } from '../../dataflow/value.js';
import { knownIndices } from './scatter.js';

/** `settings` of a slice by axis, with ends clamped to the value as Python does. */
function slice(call: Call): Value {
  const x = call.input(0);
  const [starts, ends] = [call.setting('starts', 1)!, call.setting('ends', 2)!];
  const axes = (call.setting('axes', 3) ?? starts.map((_, i) => i)).map((axis) => normalAxis(axis, x.rank));
  const steps = call.setting('steps', 4) ?? starts.map(() => 1);
  const begin = x.shape.map(() => 0);
  const size = [...x.shape];
  const stride = x.shape.map(() => 1);
  const reversed: number[] = [];
  for (const [i, axis] of axes.entries()) {
    const length = x.shape[axis]!;
    const step = steps[i]!;
    const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value < 0 ? value + length : value, low), high);
    if (step === 0) throw new ComputeError('INVALID_MODEL', 'a step is 0');
    if (step > 0) {
      begin[axis] = clamp(starts[i]!, 0, length);
      size[axis] = Math.max(0, clamp(ends[i]!, 0, length) - begin[axis]);
      stride[axis] = step;
      continue;
    }
    // Backwards: the elements from after the end up to the start, reversed, then every so-many-th.
    const first = clamp(starts[i]!, 0, length - 1);
    const last = clamp(ends[i]!, -1, length - 1);
    begin[axis] = last + 1;
    size[axis] = Math.max(0, first - last);
    stride[axis] = -step;
    reversed.push(axis);
  }
  const physical = <T>(perAxis: readonly T[]) => {
    const ordered: T[] = [];
    for (const [axis, value] of perAxis.entries()) ordered[x.axis(axis)] = value;
    return ordered;
  };
  const whole = size.every((n, i) => n === x.shape[i]);
  const part = whole ? x.tensor : tf.slice(x.tensor, physical(begin), physical(size));
  const turned =
    reversed.length > 0
      ? tf.reverse(
          part,
          reversed.map((axis) => x.axis(axis)),
        )
      : part;
  if (stride.every((n) => n === 1)) return x.like(turned);
  return x.like(physical(stride).reduce(everyNth, turned));
}

/** A slice where the positions are one after the other, which is cheaper and has a simpler gradient. */
function gather(call: Call): Value {
  const x = call.input(0).plain;
  const indices = call.input(1);
  const axis = normalAxis(call.attributes.number('axis', 0), x.rank);
  const known = knownIndices(indices, () => x.shape[axis]!);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const isRun = known.length > 0 && known.every((index, i) => index === known[0]! + i);
  if (!isRun) return Value.plain(tf.reshape(tf.gather(x, tf.tensor1d(known, 'int32'), axis), shape));
  const begin = x.shape.map((_, i) => (i === axis ? known[0]! : 0));
  const size = x.shape.map((n, i) => (i === axis ? known.length : n));
  return Value.plain(tf.reshape(tf.slice(x, begin, size), shape));
}

function pad(call: Call): Value {
  const x = call.input(0);
  const mode = call.attributes.string('mode', 'constant');
  const given = call.setting('pads', 1) ?? call.attributes.numbers('pads');
  const constant = call.has(2) ? call.input(2).numbers[0]! : call.attributes.number('value', 0);
  const axes = (call.has(3) ? call.input(3).numbers : x.shape.map((_, i) => i)).map((axis) => x.axis(axis));
  const pads = x.shape.map((): [number, number] => [0, 0]);
  for (const [i, axis] of axes.entries()) pads[axis] = [given[i]!, given[i + axes.length]!];
  if (pads.flat().every((n) => n === 0)) return x;
  const kept = tf.slice(
    x.tensor,
    pads.map(([before]) => Math.max(0, -before)),
    x.tensor.shape.map((size, i) => size + Math.min(0, pads[i]![0]) + Math.min(0, pads[i]![1])),
  );
  const grown = pads.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  if (mode === 'constant') return x.like(tf.pad(kept, grown, constant));
  if (mode === 'reflect') return x.like(mirrorPad(kept, grown, 'reflect'));
  if (mode === 'wrap') return x.like(wrapPad(kept, grown));
  if (mode === 'edge') return x.like(grown.reduce((y, amounts, axis) => repeatEdges(y, amounts, axis), kept));
  throw new ComputeError('UNSUPPORTED_OPERATION', `padding of mode ${mode} is not supported`);
}

function repeatEdges(x: tf.Tensor, [before, after]: readonly [number, number], axis: number): tf.Tensor {
  const edge = (at: number, count: number) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const size = x.shape.map((n, i) => (i === axis ? 1 : n));
    return Array<tf.Tensor>(count).fill(tf.slice(x, begin, size));
  };
  if (before === 0 && after === 0) return x;
  return tf.concat([...edge(0, before), x, ...edge(x.shape[axis]! - 1, after)], axis);
}

export const indexing: OperatorTable = {
  CumSum: {
    settings: [1],
    run(call) {
      const x = call.input(0);
      const axis = x.axis(call.input(1).numbers[0]!);
      return x.like(cumulativeSum(x.tensor, axis, call.attributes.flag('exclusive'), call.attributes.flag('reverse')));
    },
  },
  Gather: { settings: [1], run: gather },
  Pad: { settings: [1, 2, 3], run: pad },
  Slice: { settings: [1, 2, 3, 4], run: slice },
};
