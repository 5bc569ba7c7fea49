/** Proximal operators of norms: the change nearest to a given one, `argmin_z ‖z - x‖² / 2 + λ ‖z‖`, of each example. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { lengthOf, sumOverPixels, TINY } from './reduce.js';

/** @param weight λ, `[batch, 1, 1, 1]`. */
type Proximal = (change: tf.Tensor, weight: tf.Tensor) => tf.Tensor;

/** The threshold of a projection onto the L1 ball is found in a handful of steps. */
const THRESHOLD_STEPS = 12;

const soft = (x: tf.Tensor, threshold: tf.Tensor) => tf.mul(tf.sign(x), tf.relu(tf.sub(tf.abs(x), threshold)));

export const PROXIMAL: Readonly<Record<Norm, Proximal>> = {
  L0: twoThirds,
  L1: soft,
  L2: (x, weight) => tf.mul(x, tf.relu(tf.sub(1, tf.div(weight, tf.maximum(lengthOf(x), TINY))))),
  /** By Moreau: what is left of the change by the projection onto the L1 ball of radius λ. */
  LINF: (x, weight) => tf.sub(x, ontoL1Ball(x, weight)),
};

/** Michelot's algorithm: the threshold over the values that exceed the last one rises to its solution from below. */
function ontoL1Ball(x: tf.Tensor, radius: tf.Tensor): tf.Tensor {
  const sizes = tf.abs(x);
  let threshold: tf.Tensor = tf.neg(tf.onesLike(radius));
  for (let step = 0; step < THRESHOLD_STEPS; step++) {
    const above = tf.cast(tf.greater(sizes, threshold), 'float32');
    const next = tf.div(tf.sub(sumOverPixels(tf.mul(above, sizes)), radius), tf.maximum(sumOverPixels(above), 1));
    threshold = tf.maximum(threshold, next);
  }
  return soft(x, tf.relu(threshold));
}

/**
 * Of the sum of `|z|^(2/3)`, in place of the number of changed values (Cao et al. 2013): sparser than that of L1, and found to serve better than that of L0 itself,
 * which undoes a change or leaves it as it is.
 */
function twoThirds(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const sizes = tf.abs(x);
  const squares = tf.div(tf.square(x), 16);
  const under = tf.sub(tf.square(squares), tf.mul(8 / 729, tf.pow(weight, 3)));
  const root = tf.sqrt(tf.relu(under));
  const cubeRoot = (value: tf.Tensor) => tf.pow(tf.relu(value), 1 / 3);
  const b = tf.mul(2, tf.add(cubeRoot(tf.add(squares, root)), cubeRoot(tf.sub(squares, root))));
  const rootB = tf.sqrt(b);
  const inner = tf.sqrt(tf.relu(tf.sub(tf.div(tf.mul(2, sizes), tf.maximum(rootB, TINY)), b)));
  const z = tf.div(tf.pow(tf.add(inner, rootB), 3), 8);
  // Below the threshold there is no solution but zero.
  return tf.where(tf.greaterEqual(under, 0), tf.mul(tf.sign(x), z), tf.zerosLike(x));
}
