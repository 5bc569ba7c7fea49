/** APGD-CE under an L∞ budget. @module */
import { APGD_STEPS, apgdUntargeted } from './apgd.js';
import { linfBudget } from '../core/budgets.js';
import { logOddsLoss } from '../core/losses.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON, RESTARTS } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdCeLinf: AttackDefinition = {
  kind: 'APGD_CE_LINF',
  name: 'apgdCeLinf',
  title: 'APGD-CE, L∞',
  description: 'Auto-PGD on the cross-entropy: gradient ascent whose step size adapts to each example.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: LINF_EPSILON, steps: APGD_STEPS, restarts: RESTARTS },
  budget: linfBudget,
  // The log-odds order images as the cross-entropy does, and have its direction of steepest ascent.
  run: (task, parameters) => apgdUntargeted(task, parameters, LINF, linfBudget(parameters), logOddsLoss),
};
