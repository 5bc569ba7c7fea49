/** The number of pixel values that change, each channel by itself. @module */
import * as tf from '@tensorflow/tfjs-core';
import { clipToRange } from './reduce.js';
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
