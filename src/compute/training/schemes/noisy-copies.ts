/** Several noisy copies of each image in one batch, for schemes that train the base of a smoothed classifier. @module */
import * as tf from '@tensorflow/tfjs-core';
import { real } from '../../parameters/index.js';
import { randomStream } from '../../random.js';
import type { Tensors } from '../../tensors/index.js';
import { normal } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';

export const NOISE = {
  sigma: real({
    default: 0.25,
    minimum: 0,
    maximum: 10,
    description: 'Standard deviation of the noise as a fraction of the pixel range: that of the certification.',
  }),
};

/** @param purpose names the draws. */
export const noiseInputs = (purpose: string, copies: number, sigma: number): Pick<TrainingScheme, 'inputs' | 'draw'> => ({
  inputs: ({ m, imageShape }) => ({ noise: [copies * m, ...imageShape] }),
  draw: ({ m, imageShape }, seed, step) => ({ noise: normal(randomStream(seed, purpose, step), [copies * m, ...imageShape], sigma) }),
});

/** All images, then all again, each copy with its own noise: `[copies · m, …]`. Pixels are not clipped. */
export const copiesOf = (images: tf.Tensor4D, { noise }: Tensors, copies: number): tf.Tensor4D =>
  tf.add(tf.concat(Array<tf.Tensor4D>(copies).fill(images), 0), noise!);
