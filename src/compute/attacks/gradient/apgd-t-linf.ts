/** APGD-T, the targeted form of APGD-DLR, under an L∞ budget. @module */
import { apgdTargeted, APGD_TARGETED_PARAMETERS } from './apgd-targeted.js';
import { linfBudget } from '../core/budgets.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdTLinf: AttackDefinition = {
  kind: 'APGD_T_LINF',
  name: 'apgdTLinf',
  title: 'APGD-T, L∞',
  description: 'Auto-PGD towards the likeliest wrong classes, one after the other, on the targeted difference of logits ratio.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: LINF_EPSILON, ...APGD_TARGETED_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => apgdTargeted(task, parameters, LINF, linfBudget(parameters)),
};
