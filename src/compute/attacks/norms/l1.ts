/** The sum of the changes of all pixel values. @module */
import * as tf from '@tensorflow/tfjs-core';
import { clipToRange, shorten, sumOverPixels, TINY } from './reduce.js';
import type { BudgetNorm } from './types.js';

/** Share of the pixel values that one step changes: the steepest direction has one, on which progress is slow (Tramèr & Boneh 2019, arXiv 1904.13000, section 4.1). */
const SHARE_OF_PIXELS = 0.01;

/** Newton steps towards the projection's threshold. They rise to it from below, and are there in a handful. */
const THRESHOLD_STEPS = 12;

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
    const smallest = tf.reshape(tf.min(values, 1), [-1, 1, 1, 1]);
    const chosen = tf.where(tf.greaterEqual(tf.abs(free), smallest), tf.sign(free), tf.zerosLike(free));
    return tf.div(chosen, tf.maximum(sumOverPixels(tf.abs(chosen)), 1));
  },
  /**
   * Soft thresholding, `sign(δ) · max(|δ| - θ, 0)`, is the nearest point of the ball for the θ at which its length is ε. θ is found by
   * Newton's method (Michelot 1986; Condat 2016), which needs no sorting.
   */
  project(x, original, epsilon) {
    const change = tf.sub(x, original);
    const sizes = tf.abs(change);
    let threshold: tf.Tensor = tf.zerosLike(epsilon);
    for (let step = 0; step < THRESHOLD_STEPS; step++) {
      const above = tf.cast(tf.greater(sizes, threshold), 'float32');
      const excess = tf.sub(sumOverPixels(tf.mul(sizes, above)), epsilon);
      threshold = tf.maximum(tf.div(excess, tf.maximum(sumOverPixels(above), 1)), threshold);
    }
    const left = tf.mul(tf.sign(change), tf.relu(tf.sub(sizes, threshold)));
    // Exact where the threshold has been reached; a guarantee where it has not.
    return clipToRange(tf.add(original, shorten(left, sumOverPixels(tf.abs(left)), epsilon)));
  },
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
