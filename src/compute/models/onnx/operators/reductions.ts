/** Reductions over axes. @module */
import * as tf from '@tensorflow/tfjs-core';
import { product } from '../../dataflow/differentiable.js';
import type { Call, Operator, OperatorTable } from '../../dataflow/operator.js';
import { moveAxes, normalAxis, Value } from '../../dataflow/value.js';

type Reduction = (x: tf.Tensor, axes: number[]) => tf.Tensor;

/** @param fn reduces axes and drops them. */
function reduction(fn: Reduction): Operator {
  return {
    settings: [1],
    run(call) {
      const x = call.input(0);
      const given = call.setting('axes', 1);
      if (!given?.length && call.attributes.flag('noop_with_empty_axes')) return x;
      const axes = given?.length ? given.map((axis) => normalAxis(axis, x.rank)) : x.shape.map((_, i) => i);
      return reduce(x, axes, call.attributes.flag('keepdims', true), fn);
    },
  };
}

function reduce(x: Value, axes: readonly number[], keep: boolean, fn: Reduction): Value {
  const physical = axes.map((axis) => x.axis(axis));
  const y = tf.cast(fn(x.tensor, physical), x.dtype);
  if (keep) {
    return x.like(
      tf.reshape(
        y,
        x.tensor.shape.map((size, i) => (physical.includes(i) ? 1 : size)),
      ),
    );
  }
  // What is left of [batch, height, width, channels], in the order that the file counts in.
  const rest = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [x.axis(axis)]));
  const order = rest.map((axis) => rest.filter((other) => other < axis).length);
  return Value.plain(moveAxes(y, order));
}

/** ArgMin and ArgMax: the position, of the last such element with `select_last_index`. */
function position(call: Call, fn: (x: tf.Tensor, axis: number) => tf.Tensor): Value {
  const x = call.input(0);
  const axis = normalAxis(call.attributes.number('axis', 0), x.rank);
  const last = call.attributes.flag('select_last_index');
  const operand = last ? tf.reverse(x.plain, axis) : x.plain;
  const found = fn(operand, axis);
  const index = last ? tf.sub(tf.scalar(x.shape[axis]! - 1, 'int32'), found) : found;
  return Value.plain(call.attributes.flag('keepdims', true) ? tf.expandDims(index, axis) : index);
}

export const reductions: OperatorTable = {
  ArgMax: { gradient: 'ZERO', run: (call) => position(call, tf.argMax) },
  ArgMin: { gradient: 'ZERO', run: (call) => position(call, tf.argMin) },
  ReduceL1: reduction((x, axes) => tf.sum(tf.abs(x), axes)),
  ReduceL2: reduction((x, axes) => tf.sqrt(tf.sum(tf.square(x), axes))),
  ReduceLogSum: reduction((x, axes) => tf.log(tf.sum(x, axes))),
  ReduceLogSumExp: reduction((x, axes) => tf.logSumExp(x, axes)),
  ReduceMax: reduction((x, axes) => tf.max(x, axes)),
  ReduceMean: reduction((x, axes) => tf.mean(x, axes)),
  ReduceMin: reduction((x, axes) => tf.min(x, axes)),
  ReduceProd: reduction((x, axes) => product(x, axes)),
  ReduceSum: reduction((x, axes) => tf.sum(x, axes)),
  ReduceSumSquare: reduction((x, axes) => tf.sum(tf.square(x), axes)),
};
