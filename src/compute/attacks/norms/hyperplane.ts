/**
 * Shortest way of each example to a hyperplane inside the pixel range, `min ‖d‖ with f + ⟨w, x + d - at⟩ = 0 and 0 ≤ x + d ≤ 1` (Croce & Hein 2020,
 * section 2.1). Where the hyperplane is out of reach, every pixel goes to the end of its range.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { largestOf, sumOverPixels, TINY } from './reduce.js';

/** The linear function `value + ⟨slope, x - at⟩`, zero on the hyperplane. */
export interface Hyperplane {
  readonly at: tf.Tensor;
  /** `[batch, 1, 1, 1]` */
  readonly value: tf.Tensor;
  /** `[batch, height, width, channels]` */
  readonly slope: tf.Tensor;
}

/** @returns the change that takes x there. */
export type ToHyperplane = (x: tf.Tensor, plane: Hyperplane) => tf.Tensor;

/** Newton steps on a function that is concave and piecewise linear: they rise to its solution from below, and are there in a handful. */
const NEWTON_STEPS = 12;

/** Halvings of an interval of slopes: as many as float32 can tell apart. */
const HALVINGS = 24;

/** All pixels move at the same speed until they reach the end of the range. */
export const toHyperplaneLinf: ToHyperplane = (x, plane) => together(x, plane, (weight) => tf.sign(weight));

/** Each pixel moves at the speed of its slope until it reaches the end of the range. */
export const toHyperplaneL2: ToHyperplane = (x, plane) => together(x, plane, (weight) => weight);

/** The pixels with the steepest slopes go to the end of the range, one after the other. */
export const toHyperplaneL1: ToHyperplane = (x, plane) => {
  const { weight, distance, direction, room } = seenFrom(x, plane);
  const gain = tf.mul(weight, room);
  const gainAbove = (slope: tf.Tensor) => sumOverPixels(tf.where(tf.greater(weight, slope), gain, tf.zerosLike(gain)));
  let [low, high]: [tf.Tensor, tf.Tensor] = [tf.zerosLike(distance), tf.onesLike(distance)];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = tf.div(tf.add(low, high), 2);
    const enough = tf.greaterEqual(gainAbove(middle), distance);
    [low, high] = [tf.where(enough, middle, low), tf.where(enough, high, middle)];
  }
  const [sure, all] = [gainAbove(high), gainAbove(low)];
  // Pixels of the last interval have equal slopes, and share the remainder.
  const share = tf.minimum(tf.div(tf.sub(distance, sure), tf.maximum(tf.sub(all, sure), TINY)), 1);
  const part = tf.where(tf.greater(weight, high), tf.onesLike(weight), tf.mul(share, tf.cast(tf.greater(weight, low), 'float32')));
  return tf.mul(direction, tf.mul(part, room));
};

/** Pixel p moves by `min(t · speed_p, room_p)`; t is found at which the hyperplane is reached. */
function together(x: tf.Tensor, plane: Hyperplane, speedOf: (weight: tf.Tensor) => tf.Tensor): tf.Tensor {
  const { weight, distance, direction, room } = seenFrom(x, plane);
  const speed = speedOf(weight);
  const moved = (time: tf.Tensor) => tf.minimum(tf.mul(time, speed), room);
  let time: tf.Tensor = tf.zerosLike(distance);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const moving = tf.cast(tf.less(tf.mul(time, speed), room), 'float32');
    const missing = tf.sub(distance, sumOverPixels(tf.mul(weight, moved(time))));
    const rate = sumOverPixels(tf.mul(tf.mul(weight, speed), moving));
    time = tf.add(time, tf.div(tf.relu(missing), tf.maximum(rate, TINY)));
  }
  return tf.mul(direction, moved(time));
}

/** The problem as seen from x, scaled so that the steepest slope is 1 and squares of tiny slopes do not vanish in float32. */
function seenFrom(x: tf.Tensor, { at, value, slope }: Hyperplane) {
  const largest = tf.maximum(largestOf(tf.abs(slope)), TINY);
  const scaled = tf.div(slope, largest);
  const height = tf.add(tf.div(value, largest), sumOverPixels(tf.mul(scaled, tf.sub(x, at))));
  const direction = tf.neg(tf.mul(tf.sign(height), tf.sign(scaled)));
  return {
    weight: tf.abs(scaled),
    // Weights are at most 1, so that more than one for each pixel value is out of reach.
    distance: tf.minimum(tf.abs(height), x.size / x.shape[0]!),
    direction,
    room: tf.where(tf.greater(direction, 0), tf.sub(1, x), x),
  };
}
