/** APGD-T, the targeted form of APGD-DLR, under an L2 budget. @module */
import { apgdTargeted, APGD_TARGETED_PARAMETERS } from './apgd-targeted.js';
import { l2Budget } from '../core/budgets.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdTL2: AttackDefinition = {
  kind: 'APGD_T_L2',
  name: 'apgdTL2',
  title: 'APGD-T, L2',
  description: 'Auto-PGD towards the likeliest wrong classes, one after the other, on the targeted difference of logits ratio.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: L2_EPSILON, ...APGD_TARGETED_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => apgdTargeted(task, parameters, L2, l2Budget(parameters)),
};
