/** APGD-DLR under an L∞ budget. @module */
import { APGD_STEPS, apgdUntargeted, requireClasses } from './apgd.js';
import { linfBudget } from '../core/budgets.js';
import { dlrLoss } from '../core/losses.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON, RESTARTS } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdDlrLinf: AttackDefinition = {
  kind: 'APGD_DLR_LINF',
  name: 'apgdDlrLinf',
  title: 'APGD-DLR, L∞',
  description: 'Auto-PGD on the difference of logits ratio, which gradient masking by large logits does not fool.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: LINF_EPSILON, steps: APGD_STEPS, restarts: RESTARTS },
  budget: linfBudget,
  run(task, parameters) {
    requireClasses(task, 3, 'APGD-DLR');
    return apgdUntargeted(task, parameters, LINF, linfBudget(parameters), dlrLoss);
  },
};
