/** The sum of the changes of all pixel values. @module */
import * as tf from '@tensorflow/tfjs-core';
import { clipToRange, largestOf, shorten, sumOverPixels, TINY } from './reduce.js';
import type { BudgetNorm } from './types.js';

/** Share of the pixel values that one step changes: the steepest direction has one, on which progress is slow (Tramèr & Boneh 2019, arXiv 1904.13000, section 4.1). */
const SHARE_OF_PIXELS = 0.01;

/** Halvings of an interval of thresholds: as many as float32 can tell apart. */
const HALVINGS = 24;

export const L1: BudgetNorm = {
  norm: 'L1',
  /** Sparse L1 descent: equal changes of the pixels with the largest gradients, among those that can still move. */
  steepest(gradient, x) {
    const stuck = tf.logicalOr(
      tf.logicalAnd(tf.lessEqual(x, 0), tf.less(gradient, 0)),
      tf.logicalAnd(tf.greaterEqual(x, 1), tf.greater(gradient, 0)),
    );
    const free = tf.where(stuck, tf.zerosLike(gradient), gradient);
    const size = free.size / free.shape[0]!;
    const flat = tf.reshape(tf.abs(free), [-1, size]);
    const { values } = tf.topk(flat, Math.max(1, Math.round(SHARE_OF_PIXELS * size)));
    return signsFrom(tf.reshape(tf.min(values, 1), [-1, 1, 1, 1]), free);
  },
  project: projectOntoBallAndBox,
  length: (change) => change.reduce((sum, value) => sum + Math.abs(value), 0),
  /** Exponential variables over their sum and one more are uniform on the simplex; signs make a ball of it. */
  randomChange(stream, size) {
    const draws = Float32Array.from({ length: size + 1 }, () => -Math.log(1 - stream.uniform()));
    const sum = Math.max(
      draws.reduce((total, draw) => total + draw, 0),
      TINY,
    );
    return draws.subarray(0, size).map((draw) => (stream.integer(2) === 0 ? draw : -draw) / sum);
  },
};

/**
 * The nearest point of the intersection of the ball with the pixel range (Croce & Hein 2021, arXiv 2103.01208, proposition 2.1): the change is
 * `sign(δ) · min(max(|δ| - θ, 0), room)`, where the room of a pixel ends at 0 or 1, and θ is the least at which its length is at most ε. Clipping after a
 * projection onto the ball alone would leave a part of the budget unused. θ is found by bisection, as the length is neither convex nor concave in it.
 */
function projectOntoBallAndBox(x: tf.Tensor, original: tf.Tensor, epsilon: tf.Tensor): tf.Tensor {
  const change = tf.sub(x, original);
  const sizes = tf.abs(change);
  const room = tf.where(tf.greater(change, 0), tf.sub(1, original), original);
  const leftBy = (threshold: tf.Tensor) => tf.minimum(tf.relu(tf.sub(sizes, threshold)), room);
  const lengthBy = (threshold: tf.Tensor) => sumOverPixels(leftBy(threshold));
  let [low, high]: [tf.Tensor, tf.Tensor] = [tf.zerosLike(epsilon), largestOf(sizes)];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = tf.div(tf.add(low, high), 2);
    const isTooLong = tf.greater(lengthBy(middle), epsilon);
    [low, high] = [tf.where(isTooLong, middle, low), tf.where(isTooLong, high, middle)];
  }
  const isInside = tf.lessEqual(lengthBy(tf.zerosLike(epsilon)), epsilon);
  const left = leftBy(tf.where(isInside, tf.zerosLike(high), high));
  // Exact but for the last bit of the threshold; a guarantee where sums of float32 are not.
  return clipToRange(tf.add(original, tf.mul(tf.sign(change), shorten(left, sumOverPixels(left), epsilon))));
}

/** Equal changes, of length 1 together, of the pixels whose gradients are this large or larger. @param smallest `[batch, 1, 1, 1]`. */
function signsFrom(smallest: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  const chosen = tf.where(tf.greaterEqual(tf.abs(gradient), smallest), tf.sign(gradient), tf.zerosLike(gradient));
  return tf.div(chosen, tf.maximum(sumOverPixels(tf.abs(chosen)), 1));
}

/**
 * Equal changes, of length 1 together, of the pixels with the largest gradients: those above the quantile `1 - share` (Croce & Hein 2021, section 3.2).
 * @param share of the pixel values of each example, `[batch, 1, 1, 1]`.
 */
export function sparseSigns(gradient: tf.Tensor, share: tf.Tensor): tf.Tensor {
  const size = gradient.size / gradient.shape[0]!;
  const { values } = tf.topk(tf.reshape(tf.abs(gradient), [-1, size]), size);
  // The authors count from the smallest: floor((1 - share) · size), which is the last but that of `values`, sorted from the largest.
  const fromSmallest = tf.clipByValue(tf.floor(tf.mul(tf.sub(1, share), size)), 0, size - 1);
  const rank = tf.oneHot(tf.cast(tf.reshape(tf.sub(size - 1, fromSmallest), [-1]), 'int32'), size);
  return signsFrom(tf.reshape(tf.sum(tf.mul(values, tf.cast(rank, 'float32')), 1), [-1, 1, 1, 1]), gradient);
}
