/**
 * Virtual adversarial training (Miyato et al. 2015 and 2017, arXiv 1507.00677 and 1704.03976): the prediction is kept smooth along the direction in which it changes
 * most, found by power iteration. Labels are not needed for that, so images without labels help.
 * @module
 */
import { integer, magnitude, real } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { L2 } from '../../attacks/index.js';
import type { Dataset } from '../../data/index.js';
import { randomStream } from '../../random.js';
import { stopGradient } from '../../models/index.js';
import { klDivergence } from '../divergence.js';
import { meanLoss } from '../mixed-batch.js';
import { normal } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme } from './definition.js';

export interface VatOptions {
  /** L2 length of the virtual adversarial change. */
  readonly epsilon: number;
  /** Length of the change by which the power iteration differentiates. */
  readonly xi: number;
  readonly iterations: number;
  /** Weight of the smoothness. */
  readonly alpha: number;
  /** Images to be smooth on beside those of the minibatch, as many in each step. */
  readonly unlabelled?: Dataset;
}

export function vat({ epsilon, xi, iterations, alpha, unlabelled }: VatOptions): TrainingScheme {
  return {
    name: 'vat',
    parameters: { epsilon, xi, iterations, alpha, unlabelled: unlabelled !== undefined },
    unlabelled,
    inputs: ({ m, imageShape }) => ({
      direction: [m, ...imageShape],
      ...(unlabelled ? { unlabelled: [m, ...imageShape] } : {}),
    }),
    draw: ({ m, imageShape }, seed, step) => ({
      direction: normal(randomStream(seed, 'vat.direction', step), [m, ...imageShape]),
    }),
    prepare({ images, inputs, scores }) {
      const x = (inputs['unlabelled'] ?? images) as tf.Tensor4D;
      const prediction = scores(x);
      const divergence = (change: tf.Tensor) => tf.sum(klDivergence(prediction, scores(tf.add(x, change)))) as tf.Scalar;
      let direction = L2.steepest(inputs['direction']!, x);
      for (let i = 0; i < iterations; i++) direction = L2.steepest(tf.grad(divergence)(tf.mul(xi, direction)), x);
      return { x, moved: tf.add(x, tf.mul(epsilon, direction)) };
    },
    loss(network, { images, labels, inputs }, { x, moved }) {
      const supervised = meanLoss(network, images, labels);
      // Moving statistics are those of the labelled images, as in the authors' code: they serve the images that the model is for.
      const logitsOf = (batch: tf.Tensor) => network(batch as tf.Tensor4D, false).logits;
      const here = inputs['unlabelled'] ? logitsOf(x!) : supervised.logits;
      const smoothness = tf.mean(klDivergence(stopGradient(here), logitsOf(moved!)));
      return { ...supervised, loss: tf.add(supervised.loss, tf.mul(alpha, smoothness)) };
    },
  };
}

export const vatDefinition = defineScheme({
  name: 'vat',
  title: 'Virtual adversarial training',
  description:
    'Cross-entropy, plus α times the change of the prediction along its most sensitive direction (local distributional smoothness).',
  reference: {
    title: 'Virtual Adversarial Training: A Regularization Method for Supervised and Semi-Supervised Learning',
    authors: 'Miyato, Maeda, Koyama, Ishii',
    year: 2017,
    link: 'arXiv:1704.03976',
  },
  parameters: {
    epsilon: magnitude({
      default: 2,
      minimum: 0,
      maximum: 1000,
      description: 'Length (L2) of the virtual adversarial change, pixel values as fractions of the range. The authors take 1.5 to 10.',
    }),
    xi: real({
      default: 0.1,
      minimum: 1e-6,
      maximum: 100,
      description:
        'ξ: length of the change by which the power iteration differentiates. Far smaller ones drown in the rounding of float32.',
    }),
    iterations: integer({ default: 1, minimum: 1, maximum: 20, description: 'Power iterations. The authors find that 1 is enough.' }),
    alpha: real({ default: 1, minimum: 0, maximum: 1000, description: 'Weight of the smoothness. The authors take 1.' }),
  },
  uses: {
    unlabelled: 'Data set whose images, without their labels, the prediction is kept smooth on. Default: the images of the minibatch.',
  },
  create: (parameters, { unlabelled }) =>
    vat({
      epsilon: parameters.epsilon,
      xi: parameters.xi,
      iterations: parameters.iterations,
      alpha: parameters.alpha,
      unlabelled,
    }),
});
