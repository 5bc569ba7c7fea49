/** The adversarial objective of Goodfellow et al. 2014 (arXiv 1412.6572, section 6): `α J(X, y) + (1 - α) J(X + ε sign ∇_X J(X, y), y)`. @module */
import { real } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { GOODFELLOW_2014, LINF } from '../../attacks/index.js';
import { ascend, crossEntropyOf } from '../adversary.js';
import { meanLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, EPSILON } from './definition.js';

function fgsmObjective(epsilon: number, alpha: number): TrainingScheme {
  return {
    name: 'fgsmObjective',
    parameters: { epsilon, alpha },
    prepare: (step) => ({
      adversarial: ascend(crossEntropyOf(step, step.labels), step.images, { norm: LINF, epsilon, stepSizes: [epsilon] }),
    }),
    loss(network, { images, labels }, { adversarial }) {
      const [clean, attacked] = [meanLoss(network, images, labels), meanLoss(network, adversarial as tf.Tensor4D, labels)];
      return { ...attacked, loss: tf.add(tf.mul(alpha, clean.loss), tf.mul(1 - alpha, attacked.loss)) };
    },
  };
}

export const fgsmObjectiveDefinition = defineScheme({
  name: 'fgsmObjective',
  title: 'FGSM objective',
  description: 'α times the loss on the clean images plus 1 - α times the loss on their FGSM images. Networks trained so may leak labels.',
  reference: GOODFELLOW_2014,
  parameters: {
    epsilon: EPSILON,
    alpha: real({ default: 0.5, minimum: 0, maximum: 1, description: "Weight of the clean images' loss. The paper takes 0.5." }),
  },
  create: ({ epsilon, alpha }) => fgsmObjective(epsilon, alpha),
});
