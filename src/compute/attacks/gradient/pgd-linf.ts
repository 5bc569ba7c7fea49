/** PGD under an L∞ budget. @module */
import { linfBudget } from '../core/budgets.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { pgd, PGD_PARAMETERS } from './pgd.js';
import { MADRY_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const pgdLinf: AttackDefinition = {
  kind: 'PGD',
  name: 'pgd',
  title: 'PGD, L∞',
  description: 'Projected gradient descent from random starts: steps along the sign of the gradient, clipped to the budget after each.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: MADRY_2017,
  parameters: { epsilon: LINF_EPSILON, ...PGD_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => pgd(task, parameters, LINF, linfBudget(parameters)),
};
