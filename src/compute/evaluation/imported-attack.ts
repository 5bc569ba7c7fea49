/** Adversarial images that were made elsewhere, judged as if an attack had made them here. They come with the request, so no client names this one. @module */
import { ComputeError } from '../errors.js';
import type { AttackDefinition } from '../attacks/core/definition.js';
import type { Norm } from '../distances/budget.js';

export const imported: AttackDefinition = {
  kind: 'IMPORTED',
  name: 'imported',
  title: 'Images made elsewhere',
  description: 'Adversarial images that were made elsewhere: by another tool, or against another model.',
  access: 'NONE',
  norms: ['LINF', 'L2', 'L1', 'L0'],
  targeted: false,
  reference: {
    title: 'On Evaluating Adversarial Robustness',
    authors: 'Nicholas Carlini et al.',
    year: 2019,
    link: 'arXiv:1902.06705',
  },
  parameters: {
    norm: {
      type: 'choice',
      enumName: 'Norm',
      description: 'Norm that the images were made for.',
      values: { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' },
      default: 'LINF',
    },
    epsilon: {
      type: 'magnitude',
      optional: true,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Budget that the images claim to keep to. Default: no limit.',
    },
  },
  budget: ({ norm, epsilon = Infinity }) => ({ norm: norm as Norm, epsilon: epsilon as number }),
  run: () => Promise.reject(new ComputeError('INVALID_ATTACK', 'Images made elsewhere have to be imported.')),
};
