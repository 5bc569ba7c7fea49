/** Scale invariance (Lin et al. 2020): the sum of the losses of the image at 1, 1/2, 1/4, … of its brightness. @module */
import * as tf from '@tensorflow/tfjs-core';
import { integer } from '../../parameters/index.js';

/** @param copies the default: the paper's 5, or 1 for the image alone. */
export const scaleParameters = (copies: number) => ({
  copies: integer({
    default: copies,
    minimum: 1,
    maximum: 10,
    description:
      'm: copies of the image, each with half the brightness of the one before; each costs a gradient. The paper has 5; 1 is the image alone.',
  }),
});

/** @returns the copies, one after the other on axis 0. */
export function scaled(x: tf.Tensor4D, copies: number): tf.Tensor4D {
  return copies === 1
    ? x
    : tf.concat(
        Array.from({ length: copies }, (_, i) => tf.mul<tf.Tensor4D>(x, 2 ** -i)),
        0,
      );
}
