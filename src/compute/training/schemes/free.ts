/**
 * Free adversarial training (Shafahi et al. 2019, arXiv 1904.12843): every minibatch is used several times in a row, and each backward pass updates the weights and the
 * perturbation at once, so that adversarial images cost nothing extra.
 * @module
 */
import { integer } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { meanLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, EPSILON } from './definition.js';

function free(epsilon: number, replays: number): TrainingScheme {
  return {
    name: 'free',
    parameters: { epsilon },
    replays,
    // It goes on from one minibatch to the next, as in the paper.
    state: ({ m, imageShape }) => ({ perturbation: [m, ...imageShape] }),
    updateState: ({ perturbation }, gradients) => ({
      perturbation: tf.clipByValue(tf.add(perturbation!, tf.mul(epsilon, tf.sign(gradients['perturbation']!))), -epsilon, epsilon),
    }),
    loss: (network, { images, labels, state }) =>
      meanLoss(network, tf.clipByValue(tf.add(images, state['perturbation']!), 0, 1) as tf.Tensor4D, labels),
  };
}

export const freeDefinition = defineScheme({
  name: 'free',
  title: 'Free adversarial training',
  description: 'Each minibatch is used several times in a row; the backward pass that updates the weights also updates the perturbation.',
  reference: {
    title: 'Adversarial Training for Free!',
    authors: 'Shafahi, Najibi, Ghiasi, Xu, Dickerson, Studer, Davis, Taylor, Goldstein',
    year: 2019,
    link: 'arXiv:1904.12843',
  },
  parameters: {
    epsilon: EPSILON,
    replays: integer({
      default: 8,
      minimum: 1,
      maximum: 100,
      description:
        'Times that each minibatch is used in a row (m in the paper, which takes 8 for CIFAR-10 and 4 for ImageNet). Steps count each use.',
    }),
  },
  create: ({ epsilon, replays }) => free(epsilon, replays),
});
