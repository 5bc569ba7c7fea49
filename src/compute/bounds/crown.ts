/**
 * CROWN (Zhang et al. 2018, arXiv 1811.00866): a linear bound of an output, carried back to the image. A ReLU that may be on or off lies between two lines; other
 * monotone kernels between the constants of their interval.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../errors.js';
import { type Interval, intervals } from './intervals.js';
import type { BoundedNetwork, BoundedNode } from './network.js';

/** ReLUs that may be on or off, in all layers together, each of which takes two passes back through the network. */
const MOST_UNSTABLE = 4096;

/**
 * The least that a weighted sum of one value can be.
 * @param weights of the elements of `value`, in its shape. @param bounds of all values that nodes before it read.
 */
export function lowerBoundOf(network: BoundedNetwork, bounds: ReadonlyMap<number, Interval>, value: number, weights: tf.Tensor): number {
  return tf.tidy(() => {
    const carried = new Map([[value, weights]]);
    let constant = 0;
    for (const node of network.nodes.toReversed()) {
      const row = carried.get(node.output);
      if (!row) continue;
      carried.delete(node.output);
      const back = node.arity === 'affine' ? throughAffine(node, row) : throughMonotone(node, row, bounds);
      constant += back.constant;
      node.inputs.forEach(([, from], i) => {
        const part = back.rows[i];
        if (!part) return;
        const known = carried.get(from);
        carried.set(from, known ? tf.add(known, part) : part);
      });
    }
    const atImage = carried.get(network.input);
    return constant + (atImage ? least(atImage, bounds.get(network.input)!) : 0);
  });
}

interface Carried {
  readonly constant: number;
  readonly rows: readonly (tf.Tensor | undefined)[];
}

const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!;
const least = (row: tf.Tensor, { lower, upper }: Interval) => tf.sum(tf.minimum(tf.mul(row, lower), tf.mul(row, upper))).dataSync()[0]!;

function throughAffine({ run, inputShapes }: BoundedNode, row: tf.Tensor): Carried {
  // What an affine kernel is differentiated at does not matter.
  const zeros = inputShapes.map((shape) => tf.zeros([...shape]));
  const constant = dot(run(zeros), row);
  const rows = tf.grads((...values: tf.Tensor[]) => run(values))(zeros, row);
  return { constant, rows };
}

function throughMonotone(node: BoundedNode, row: tf.Tensor, bounds: ReadonlyMap<number, Interval>): Carried {
  const given = bounds.get(node.inputs[0]![1])!;
  if (node.kernel !== 'Relu' || node.inputs.length > 1) return { constant: least(row, bounds.get(node.output)!), rows: [] };
  const { lower, upper } = given;
  const isUnstable = tf.logicalAnd(tf.less(lower, 0), tf.greater(upper, 0));
  const isOn = tf.cast(tf.greaterEqual(lower, 0), 'float32');
  const width = tf.maximum(tf.sub(upper, lower), 1e-30);
  const steep = tf.div(upper, width);
  // The lower line has slope 0 or 1, whichever leaves the smaller area.
  const shallow = tf.cast(tf.greater(upper, tf.neg(lower)), 'float32');
  const isUp = tf.less(row, 0);
  const slope = tf.where(isUnstable, tf.where(isUp, steep, shallow), isOn);
  const offset = tf.where(tf.logicalAnd(isUnstable, isUp), tf.neg(tf.mul(steep, lower)), tf.zerosLike(lower));
  return { constant: dot(row, offset), rows: [tf.mul(row, slope)] };
}

/** Bounds of every value: those of intervals, and what ReLUs read by CROWN where they may be on or off. @throws ComputeError LIMIT_EXCEEDED */
export function crownBounds(network: BoundedNetwork, box: Interval): Map<number, Interval> {
  const read = new Set(network.nodes.filter(({ kernel }) => kernel === 'Relu').map(({ inputs }) => inputs[0]![1]));
  const known = new Map([[network.input, box]]);
  let unstable = 0;
  return intervals(network, box, (value, interval) => {
    const tightened = read.has(value) ? tight(value, interval) : interval;
    known.set(value, tightened);
    return tightened;
  });

  function tight(value: number, { lower, upper }: Interval): Interval {
    const [low, high] = [Float32Array.from(lower.dataSync()), Float32Array.from(upper.dataSync())];
    for (let unit = 0; unit < low.length; unit++) {
      if (low[unit]! >= 0 || high[unit]! <= 0) continue;
      if (++unstable > MOST_UNSTABLE) throw tooLarge();
      const bound = (sign: number) =>
        tf.tidy(() => {
          const weights = new Float32Array(low.length);
          weights[unit] = sign;
          return lowerBoundOf(network, known, value, tf.tensor(weights, lower.shape));
        });
      low[unit] = Math.max(low[unit]!, bound(1));
      high[unit] = Math.min(high[unit]!, -bound(-1));
    }
    return { lower: tf.tensor(low, lower.shape), upper: tf.tensor(high, upper.shape) };
  }
}

const tooLarge = () =>
  new ComputeError(
    'LIMIT_EXCEEDED',
    `More than ${MOST_UNSTABLE} ReLUs may be on or off in the budget, and CROWN bounds each by itself. Take CROWN_IBP.`,
    ['method'],
  );
