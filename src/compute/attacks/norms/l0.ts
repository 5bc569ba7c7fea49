/** The number of pixel values that change, each channel by itself, or of pixels in all of their channels. @module */
import * as tf from '@tensorflow/tfjs-core';
import { clipToRange, sumOverPixels } from './reduce.js';
import type { BudgetNorm } from './types.js';

/** The largest ε of the changes stay, and the others are undone. Of equally large ones all stay. */
export const projectL0: BudgetNorm['project'] = (x, original, epsilon) => {
  const change = tf.sub(x, original);
  const size = change.size / change.shape[0]!;
  const { values } = tf.topk(tf.reshape(tf.abs(change), [-1, size]), size);
  const last = tf.oneHot(tf.cast(tf.reshape(tf.maximum(tf.sub(epsilon, 1), 0), [-1]), 'int32'), size);
  const smallest = tf.reshape(tf.sum(tf.mul(values, tf.cast(last, 'float32')), 1), [-1, 1, 1, 1]);
  const stays = tf.logicalAnd(tf.greaterEqual(tf.abs(change), smallest), tf.greaterEqual(epsilon, 1));
  return clipToRange(tf.where(stays, x, original));
};

/** Keeps a gradient of zero finite. */
const SMALLEST_SUM = 1e-30;

/** The ε pixels stay whose changes gain most, and all channels of the others go back. Steps have length 1 in L1 (Croce & Hein 2019). */
export const fewestPixels: BudgetNorm = {
  norm: 'L0',
  steepest: (gradient) => tf.div(gradient, tf.maximum(sumOverPixels(tf.abs(gradient)), SMALLEST_SUM)),
  project(x, original, epsilon) {
    const change = tf.sub(x, original);
    const inRange = clipToRange(x);
    // How much further from the change the image would be without the pixel, as squares: what is beyond the range is lost either way.
    const gain = tf.sum(tf.sub(tf.square(change), tf.square(tf.sub(x, inRange))), 3, true);
    return tf.where(tf.cast(tf.mul(largestIn(gain, epsilon), tf.onesLike(x)), 'bool'), inRange, original);
  },
  length: (change) => change.reduce((count, value) => count + Number(value !== 0), 0),
  randomChange() {
    throw new Error('Nothing starts from a random point of an L0 ball.');
  },
};

/** 1 for the `count` largest values of each example, 0 for the others; of equal ones the first. @param values `[n, height, width, 1]`. @param count `[n, 1, 1, 1]`. */
function largestIn(values: tf.Tensor, count: tf.Tensor): tf.Tensor {
  const size = values.size / values.shape[0]!;
  const flat = tf.reshape(values, [-1, size]);
  const wanted = tf.reshape(tf.minimum(count, size), [-1, 1]);
  const last = tf.oneHot(tf.cast(tf.reshape(tf.maximum(tf.sub(wanted, 1), 0), [-1]), 'int32'), size);
  const smallest = tf.sum(tf.mul(tf.topk(flat, size).values, tf.cast(last, 'float32')), 1, true);
  const above = tf.cast(tf.greater(flat, smallest), 'float32');
  const ties = tf.cast(tf.equal(flat, smallest), 'float32');
  const room = tf.sub(wanted, tf.sum(above, 1, true));
  const chosen = tf.mul(ties, tf.cast(tf.lessEqual(tf.cumsum(ties, 1), room), 'float32'));
  return tf.reshape(tf.add(above, chosen), values.shape);
}
