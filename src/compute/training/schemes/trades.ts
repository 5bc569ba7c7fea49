/** TRADES (Zhang et al. 2019, arXiv 1901.08573): clean cross-entropy, and a term that keeps predictions in the budget equal to the clean one. @module */
import { real, type ValuesOf } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { type BudgetNorm, L2, LINF } from '../../attacks/index.js';
import { randomStream } from '../../random.js';
import { ascend } from '../adversary.js';
import { klDivergence } from '../divergence.js';
import { normal } from '../random-inputs.js';
import { weightedLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { PGD_TRAINING_PARAMETERS } from './pgd.js';
import { defineScheme, type LINF_ATTACK, stepSize } from './definition.js';

/** Standard deviation of the noise that the attack starts from: at the image itself, the divergence has no slope. */
export const START_SIGMA = 1e-3;

export interface TradesOptions {
  readonly epsilon: number;
  readonly alpha: number;
  readonly steps: number;
  /** Weight of the divergence, 1/λ in the paper. */
  readonly beta: number;
}

/** What MART takes too. */
type TradesParameters = ValuesOf<typeof LINF_ATTACK> & { readonly beta: number };

export function tradesOptions({ epsilon, steps, alpha, beta }: TradesParameters): TradesOptions {
  return { epsilon, alpha: stepSize({ epsilon, steps, alpha }), steps, beta };
}

interface NormAndWeights {
  readonly norm: BudgetNorm;
  /** γ of adversarial weight perturbation. */
  readonly gamma: number;
}

function trades({ epsilon, alpha, steps, beta, norm, gamma }: TradesOptions & NormAndWeights): TrainingScheme {
  return {
    name: 'trades',
    parameters: { epsilon, alpha, steps, beta, norm: norm.norm, gamma },
    weightPerturbation: gamma,
    inputs: ({ m, imageShape }) => ({ start: [m, ...imageShape] }),
    draw: ({ m, imageShape }, seed, step) => ({ start: normal(randomStream(seed, 'trades.start', step), [m, ...imageShape], START_SIGMA) }),
    prepare({ images, inputs, scores }) {
      const clean = scores(images);
      const divergence = (x: tf.Tensor4D) => tf.sum(klDivergence(clean, scores(x))) as tf.Scalar;
      const start = tf.add(images, inputs['start']!) as tf.Tensor4D;
      return { adversarial: ascend(divergence, images, { norm, epsilon, stepSizes: Array<number>(steps).fill(alpha), start }) };
    },
    loss(network, { images, labels }, { adversarial }) {
      const [clean, attacked] = [network(images), network(adversarial as tf.Tensor4D)];
      const weights = tf.fill([images.shape[0]], 1 / images.shape[0]);
      const divergence = tf.sum(tf.mul(weights, klDivergence(clean.logits, attacked.logits)));
      const loss = tf.add(weightedLoss(clean, labels, weights), tf.mul(beta, divergence)) as tf.Scalar;
      return { loss, logits: attacked.logits, labels };
    },
  };
}

export const tradesDefinition = defineScheme({
  name: 'trades',
  title: 'TRADES',
  description:
    'Cross-entropy on clean images, plus β times the divergence between the predictions on clean and on the most divergent images of the budget.',
  reference: {
    title: 'Theoretically Principled Trade-off between Robustness and Accuracy',
    authors: 'Zhang, Yu, Jiao, Xing, El Ghaoui, Jordan',
    year: 2019,
    link: 'arXiv:1901.08573',
  },
  parameters: {
    ...PGD_TRAINING_PARAMETERS,
    beta: real({
      default: 6,
      minimum: 0,
      maximum: 1000,
      description: 'β: weight of the divergence (1/λ in the paper, which takes 1 and 6).',
    }),
    gamma: real({
      default: 0,
      minimum: 0,
      maximum: 1,
      description:
        'γ of adversarial weight perturbation (Wu et al. 2020, TRADES-AWP): how far each weight tensor is moved up the loss, as a share of its length. They take 0.005 with TRADES. 0: none.',
    }),
  },
  create: ({ norm, gamma, ...parameters }) => trades({ ...tradesOptions(parameters), norm: norm === 'L2' ? L2 : LINF, gamma }),
});
