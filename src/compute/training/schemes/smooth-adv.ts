/**
 * SmoothAdv (Salman et al. 2019, arXiv 1906.04584): adversarial training of the smoothed classifier. The attack climbs the cross-entropy of the mean prediction over noisy
 * copies (the SmoothAdv-PGD of the paper), and the network is trained on the attacked image with the same noise.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, magnitude } from '../../parameters/index.js';
import { L2 } from '../../attacks/index.js';
import { ascend } from '../adversary.js';
import { meanLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, STEP_SIZE, STEPS, stepSize } from './definition.js';
import { copiesOf, NOISE, noiseInputs } from './noisy-copies.js';

interface SmoothAdvOptions {
  readonly sigma: number;
  readonly copies: number;
  readonly epsilon: number;
  readonly alpha: number;
  readonly steps: number;
}

function smoothAdv({ sigma, copies, epsilon, alpha, steps }: SmoothAdvOptions): TrainingScheme {
  return {
    name: 'smoothAdv',
    parameters: { copies, epsilon, alpha, steps },
    ...noiseInputs('smooth-adv', copies, sigma),
    prepare({ images, labels, inputs, scores, classCount }) {
      const oneHot = tf.cast(tf.oneHot(labels, classCount), 'float32');
      const objective = (x: tf.Tensor4D) => {
        const probabilities = tf.softmax(scores(copiesOf(x, inputs, copies)));
        const mean = tf.mean(tf.reshape(probabilities, [copies, images.shape[0], classCount]), 0);
        return tf.neg(tf.sum(tf.log(tf.maximum(tf.sum(tf.mul(mean, oneHot), 1), SMALLEST)))) as tf.Scalar;
      };
      return { adversarial: ascend(objective, images, { norm: L2, epsilon, stepSizes: Array<number>(steps).fill(alpha) }) };
    },
    loss: (network, { labels, inputs }, { adversarial }) =>
      meanLoss(network, copiesOf(adversarial as tf.Tensor4D, inputs, copies), tf.tile(labels, [copies])),
  };
}

const SMALLEST = 1e-12;

export const smoothAdvDefinition = defineScheme({
  name: 'smoothAdv',
  title: 'SmoothAdv',
  description: 'Adversarial images of the smoothed classifier, with noise: certifies larger radii than noise alone.',
  reference: {
    title: 'Provably Robust Deep Learning via Adversarially Trained Smoothed Classifiers',
    authors: 'Salman, Yang, Li, Zhang, Zhang, Razenshteyn, Bubeck',
    year: 2019,
    link: 'arXiv:1906.04584',
  },
  parameters: {
    ...NOISE,
    copies: integer({ default: 2, minimum: 1, maximum: 64, description: 'Noisy copies of each image, m in the paper: 1, 2, 4 or 8.' }),
    epsilon: magnitude({
      default: 0.5,
      minimum: 0,
      maximum: 1000,
      description: 'L2 length of the attack. The paper takes 64/255 to 512/255.',
    }),
    steps: { ...STEPS, default: 2 },
    alpha: STEP_SIZE,
  },
  create: ({ sigma, copies, epsilon, steps, alpha }) =>
    smoothAdv({ sigma, copies, epsilon, steps, alpha: stepSize({ epsilon, steps, alpha }) }),
});
