/**
 * Fast adversarial training, RS-FGSM (Wong et al. 2020, arXiv 2001.03994): one step of α = 1.25 ε from a random point of the budget. May overfit to its own step from
 * one moment to the next (catastrophic overfitting), which the validation of a run detects.
 * @module
 */
import { real } from '../../parameters/index.js';
import { LINF } from '../../attacks/index.js';
import { pgdTraining } from './pgd.js';
import { defineScheme, EPSILON } from './definition.js';

export const fastDefinition = defineScheme({
  name: 'fast',
  title: 'Fast adversarial training (RS-FGSM)',
  description:
    'Every image is replaced by one FGSM step from a random point of the budget: as cheap as FGSM training, without its label leaking.',
  reference: {
    title: 'Fast is better than free: Revisiting adversarial training',
    authors: 'Wong, Rice, Kolter',
    year: 2020,
    link: 'arXiv:2001.03994',
  },
  parameters: {
    epsilon: EPSILON,
    alphaShare: real({
      default: 1.25,
      minimum: 0,
      maximum: 10,
      description: 'Length of the step as a share of ε. The paper takes 1.25; longer ones overfit catastrophically.',
    }),
  },
  create({ epsilon, alphaShare }) {
    const scheme = pgdTraining({ norm: LINF, epsilon, alpha: alphaShare * epsilon, steps: 1 });
    return { ...scheme, name: 'fast' };
  },
});
