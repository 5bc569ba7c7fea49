/** PGD under an L1 budget, with the sparse steps of Tramèr & Boneh 2019 (SLIDE). @module */
import { l1Budget } from '../core/budgets.js';
import { L1 } from '../norms/l1.js';
import { L1_EPSILON } from '../core/parameters.js';
import { pgd, PGD_PARAMETERS } from './pgd.js';
import { TRAMER_BONEH_2019 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const pgdL1: AttackDefinition = {
  kind: 'PGD_L1',
  name: 'pgdL1',
  title: 'PGD, L1',
  description:
    'Projected gradient descent from random starts: steps that change the hundredth of the pixels with the largest gradients, projected onto the L1 ball after each.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: true,
  reference: TRAMER_BONEH_2019,
  parameters: { epsilon: L1_EPSILON, ...PGD_PARAMETERS },
  budget: l1Budget,
  run: (task, parameters) => pgd(task, parameters, L1, l1Budget(parameters)),
};
