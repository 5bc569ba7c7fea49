/** MART (Wang et al. 2020, "Improving Adversarial Robustness Requires Revisiting Misclassified Examples"): examples that are already misclassified weigh more. @module */
import { real } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { LINF } from '../../attacks/index.js';
import { randomStream } from '../../random.js';
import { ascend, crossEntropyOf } from '../adversary.js';
import { klDivergence } from '../divergence.js';
import { normal } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, LINF_ATTACK } from './definition.js';
import { START_SIGMA, tradesOptions, type TradesOptions } from './trades.js';

/** Keeps logarithms finite, as in the authors' code. */
const MARGIN = 1.0001;

function mart({ epsilon, alpha, steps, beta }: TradesOptions): TrainingScheme {
  return {
    name: 'mart',
    parameters: { epsilon, alpha, steps, beta },
    inputs: ({ m, imageShape }) => ({ start: [m, ...imageShape] }),
    draw: ({ m, imageShape }, seed, step) => ({ start: normal(randomStream(seed, 'mart.start', step), [m, ...imageShape], START_SIGMA) }),
    prepare(step) {
      const start = tf.add(step.images, step.inputs['start']!) as tf.Tensor4D;
      const stepSizes = Array<number>(steps).fill(alpha);
      return { adversarial: ascend(crossEntropyOf(step, step.labels), step.images, { norm: LINF, epsilon, stepSizes, start }) };
    },
    loss(network, { images, labels, classCount }, { adversarial }) {
      const [clean, attacked] = [network(images), network(adversarial as tf.Tensor4D)];
      const oneHot = tf.cast(tf.oneHot(labels, classCount), 'float32');
      const wrong = tf.max(tf.mul(tf.softmax(attacked.logits), tf.sub(1, oneHot)), 1);
      const boosted = tf.sub(attacked.crossEntropy(labels), tf.log(tf.sub(MARGIN, wrong)));
      const doubt = tf.sub(1, tf.sum(tf.mul(tf.softmax(clean.logits), oneHot), 1));
      const kept = tf.mul(klDivergence(clean.logits, attacked.logits), doubt);
      return { loss: tf.mean(tf.add(boosted, tf.mul(beta, kept))), logits: attacked.logits, labels };
    },
  };
}

export const martDefinition = defineScheme({
  name: 'mart',
  title: 'MART',
  description:
    'Boosted cross-entropy on PGD images, plus β times the divergence from the clean prediction, weighted by how unsure the network is of the clean image.',
  reference: {
    title: 'Improving Adversarial Robustness Requires Revisiting Misclassified Examples',
    authors: 'Wang, Zou, Yi, Bailey, Ma, Gu',
    year: 2020,
    link: 'https://openreview.net/forum?id=rklOg6EFwS',
  },
  parameters: {
    ...LINF_ATTACK,
    beta: real({ default: 5, minimum: 0, maximum: 1000, description: 'Weight of the divergence (λ in the paper, which takes 5).' }),
  },
  create: (parameters) => mart(tradesOptions(parameters)),
});
