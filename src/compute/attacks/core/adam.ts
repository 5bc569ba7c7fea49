/** Adam for attacks (Kingma & Ba 2015, arXiv 1412.6980), on tensors in a compiled step and on plain arrays. @module */
import * as tf from '@tensorflow/tfjs-core';

const [BETA1, BETA2] = [0.9, 0.999];

/** What Adam remembers of a tensor: running means of gradients and of their squares, and the number of steps taken, one value of each example. */
export type AdamState<Tensor> = Readonly<Record<'mean' | 'square' | 'time', Tensor>>;

/** @returns the unbiased running mean, the root of the unbiased mean of squares, and what Adam then remembers. */
export function adamStatistics({ mean, square, time }: AdamState<tf.Tensor>, gradient: tf.Tensor) {
  const blend = (old: tf.Tensor, now: tf.Tensor, decay: number) => tf.add(tf.mul(decay, old), tf.mul(1 - decay, now));
  const next = { mean: blend(mean, gradient, BETA1), square: blend(square, tf.square(gradient), BETA2), time: tf.add(time, 1) };
  const unbiased = (value: tf.Tensor, decay: number) => tf.div(value, tf.sub(1, tf.pow(decay, next.time)));
  return { unbiasedMean: unbiased(next.mean, BETA1), root: tf.sqrt(unbiased(next.square, BETA2)), next };
}

/** @returns what is to be taken off the variable for each unit of the learning rate, and what Adam then remembers. */
export function adamDirection(state: AdamState<tf.Tensor>, gradient: tf.Tensor, smallestRoot = 1e-8) {
  const { unbiasedMean, root, next } = adamStatistics(state, gradient);
  return { direction: tf.div(unbiasedMean, tf.add(root, smallestRoot)), next };
}

/** Adam on arrays, in place. */
export class ArrayAdam {
  private readonly mean: Float32Array;
  private readonly square: Float32Array;

  /**
   * @param length of the arrays.
   * @param rate learning rate; below 0, steps go downhill.
   * @param smallestRoot keeps the quotient finite.
   */
  constructor(
    length: number,
    private readonly rate: number,
    private readonly smallestRoot = 1e-8,
  ) {
    this.mean = new Float32Array(length);
    this.square = new Float32Array(length);
  }

  /** Moves the values along the gradient. @param step 1 for the first. @param from where the values begin in what Adam remembers. */
  step(values: Float32Array, gradient: Float32Array, step: number, from = 0): void {
    const { mean, square, rate, smallestRoot } = this;
    const [whole, wholeSquare] = [1 - BETA1 ** step, 1 - BETA2 ** step];
    for (let p = 0; p < values.length; p++) {
      const [at, slope] = [from + p, gradient[p]!];
      mean[at] = BETA1 * mean[at]! + (1 - BETA1) * slope;
      square[at] = BETA2 * square[at]! + (1 - BETA2) * slope * slope;
      values[p]! += (rate * (mean[at]! / whole)) / (Math.sqrt(square[at]! / wholeSquare) + smallestRoot);
    }
  }
}
