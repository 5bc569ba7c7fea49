/** Training on images with normal noise, as randomized smoothing asks for (Cohen et al. 2019, arXiv 1902.02918, section 3.3). @module */
import { real } from '../../parameters/index.js';
import { add, type Tensor4D } from '@tensorflow/tfjs-core';
import { randomStream } from '../../random.js';
import { meanLoss } from '../mixed-batch.js';
import { normal } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme } from './definition.js';

/** @param sigma standard deviation, as a fraction of the pixel range; pixels are not clipped, as in the authors' code. */
export function gaussianNoiseTraining(sigma: number): TrainingScheme {
  return {
    name: 'gaussianNoise',
    parameters: {},
    inputs: ({ m, imageShape }) => ({ noise: [m, ...imageShape] }),
    draw: ({ m, imageShape }, seed, step) => ({ noise: normal(randomStream(seed, 'gaussian-noise', step), [m, ...imageShape], sigma) }),
    loss: (network, { images, labels, inputs }) => meanLoss(network, add(images, inputs['noise']!) as Tensor4D, labels),
  };
}

export const gaussianNoiseDefinition = defineScheme({
  name: 'gaussianNoise',
  title: 'Gaussian noise',
  description: 'Every image gets noise from N(0, σ²): the base classifier of randomized smoothing.',
  reference: {
    title: 'Certified Adversarial Robustness via Randomized Smoothing',
    authors: 'Cohen, Rosenfeld, Kolter',
    year: 2019,
    link: 'arXiv:1902.02918',
  },
  parameters: {
    sigma: real({
      default: 0.25,
      minimum: 0,
      maximum: 10,
      description: 'Standard deviation as a fraction of the pixel range. The paper takes 0.12, 0.25, 0.5 and 1.',
    }),
  },
  create: ({ sigma }) => gaussianNoiseTraining(sigma),
});
