/** The Euclidean length of the change. @module */
import * as tf from '@tensorflow/tfjs-core';
import { clipToRange, lengthOf, scaledToLargest, shorten, TINY } from './reduce.js';
import type { BudgetNorm } from './types.js';

export const L2: BudgetNorm = {
  norm: 'L2',
  steepest(gradient) {
    const scaled = scaledToLargest(gradient);
    return tf.div(scaled, tf.maximum(lengthOf(scaled), TINY));
  },
  project(x, original, epsilon) {
    const change = tf.sub(x, original);
    // Clipping afterwards brings pixels nearer to the original's, so it never lengthens the change.
    return clipToRange(tf.add(original, shorten(change, lengthOf(change), epsilon)));
  },
  length: lengthOfValues,
  /** A uniform direction, and a radius whose d-th power is uniform. */
  randomChange(stream, size) {
    const change = Float32Array.from({ length: size }, () => stream.normal());
    const radius = stream.uniform() ** (1 / size);
    const factor = radius / lengthOfValues(change);
    return change.map((value) => value * factor);
  },
};

/** Never quite zero, so that one may divide by it. */
function lengthOfValues(values: Float32Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.max(Math.sqrt(squares), TINY);
}
