/** PGD under an L2 budget. @module */
import { l2Budget } from '../core/budgets.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { pgd, PGD_PARAMETERS } from './pgd.js';
import { MADRY_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const pgdL2: AttackDefinition = {
  kind: 'PGD_L2',
  name: 'pgdL2',
  title: 'PGD, L2',
  description:
    'Projected gradient descent from random starts: steps along the normalised gradient, brought back into the L2 ball after each.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: MADRY_2017,
  parameters: { epsilon: L2_EPSILON, ...PGD_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => pgd(task, parameters, L2, l2Budget(parameters)),
};
