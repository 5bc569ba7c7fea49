/**
 * Learning with a strong adversary (Huang et al. 2015, arXiv 1511.03034): min-max training on the worst images of the linearised loss, `X + ε g*` with g* of
 * length 1 in L1, L2 or L∞.
 * @module
 */
import { choice } from '../../parameters/index.js';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type BudgetNorm, L1, L2, LINF } from '../../attacks/index.js';
import { ascend, crossEntropyOf } from '../adversary.js';
import { meanLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, EPSILON } from './definition.js';

const NORMS = { L1, L2, LINF };

function strongAdversary(norm: BudgetNorm, epsilon: number): TrainingScheme {
  return {
    name: 'strongAdversary',
    parameters: { norm: norm.norm, epsilon },
    prepare: (step) => ({ adversarial: ascend(crossEntropyOf(step, step.labels), step.images, { norm, epsilon, stepSizes: [epsilon] }) }),
    loss: (network, { labels }, { adversarial }) => meanLoss(network, adversarial as Tensor4D, labels),
  };
}

export const strongAdversaryDefinition = defineScheme({
  name: 'strongAdversary',
  title: 'Learning with a strong adversary',
  description: 'Every image is moved by ε along the steepest direction of a norm: the worst case of the linearised loss.',
  reference: {
    title: 'Learning with a Strong Adversary',
    authors: 'Huang, Xu, Schuurmans, Szepesvári',
    year: 2015,
    link: 'arXiv:1511.03034',
  },
  parameters: {
    norm: choice({
      enumName: 'StrongAdversaryNorm',
      values: {
        L1: 'Sum of the changes, spread over the hundredth of the pixel values that matter most.',
        L2: 'Euclidean length of the change.',
        LINF: 'Largest change of any pixel value.',
      },
      default: 'L2',
      description: 'Norm in which the change has length ε.',
    }),
    epsilon: { ...EPSILON, default: 0.5, maximum: 100_000, description: 'Length of the change in the units of the norm.' },
  },
  create: ({ norm, epsilon }) => strongAdversary(NORMS[norm], epsilon),
});
