/**
 * Patch-wise steps (Gao et al. 2020): each step is amplified; what the change would exceed the budget by goes to the pixels around it. With a smoothed gradient and a
 * projection factor of 0.8 it is the authors' patch-wise++ (Gao et al. 2021), without its temperature.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real, type ValuesOf } from '../../parameters/index.js';

/** @param amplification the default: the paper's 10, or 0 for none. @param projection the default of its paper. */
export const patchWiseParameters = (amplification: number, projection: number) => ({
  amplification: real({
    default: amplification,
    minimum: 0,
    maximum: 1000,
    description: 'β: how many times as long as α a step is. The paper has 10; 0 is no patch-wise step.',
  }),
  projection: real({
    default: projection,
    minimum: 0,
    maximum: 1000,
    description:
      'γ: length of the step that spreads what exceeds the budget over the pixels around, in units of the amplified step. PI-FGSM has 1, PI-FGSM++ 0.8.',
  }),
  patchSide: integer({
    default: 3,
    minimum: 3,
    maximum: 99,
    description: 'Side of the square of pixels around, in pixels; one more where it is even. The paper has 3.',
  }),
});

export type PatchWiseValues = ValuesOf<ReturnType<typeof patchWiseParameters>>;

/**
 * @param gathered what has been amplified so far. @param direction signs of the step. @param step `[n, 1, 1, 1]`, α. @param epsilon `[n, 1, 1, 1]`.
 * @returns the step, and what has been amplified after it.
 */
export function patchWiseStep(
  { amplification, projection, patchSide }: PatchWiseValues,
  { gathered, direction, step, epsilon }: Readonly<Record<'gathered' | 'direction' | 'step' | 'epsilon', tf.Tensor>>,
): { step: tf.Tensor; gathered: tf.Tensor } {
  const amplified = tf.mul(tf.mul(amplification, step), direction);
  const sum = tf.add(gathered, amplified);
  const excess = tf.mul(tf.relu(tf.sub(tf.abs(sum), epsilon)), tf.sign(sum));
  const around = tf.depthwiseConv2d(excess as tf.Tensor4D, surroundings(patchSide | 1, direction.shape[3]!), 1, 'same');
  const spread = tf.mul(tf.mul(amplification * projection, step), tf.sign(around));
  return { step: tf.add(amplified, spread), gathered: tf.add(sum, spread) };
}

/** Equal weights of the pixels around the middle one. */
function surroundings(side: number, channels: number): tf.Tensor4D {
  const middle = (side * side - 1) / 2;
  const weight = 1 / (side * side - 1);
  const values = Float32Array.from({ length: side * side * channels }, (_, at) => (Math.floor(at / channels) === middle ? 0 : weight));
  return tf.tensor4d(values, [side, side, channels, 1]);
}
