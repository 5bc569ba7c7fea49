/** APGD-DLR under an L2 budget. @module */
import { APGD_STEPS, apgdUntargeted, requireClasses } from './apgd.js';
import { l2Budget } from '../core/budgets.js';
import { dlrLoss } from '../core/losses.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON, RESTARTS } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdDlrL2: AttackDefinition = {
  kind: 'APGD_DLR_L2',
  name: 'apgdDlrL2',
  title: 'APGD-DLR, L2',
  description: 'Auto-PGD on the difference of logits ratio, which gradient masking by large logits does not fool.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: L2_EPSILON, steps: APGD_STEPS, restarts: RESTARTS },
  budget: l2Budget,
  run(task, parameters) {
    requireClasses(task, 3, 'APGD-DLR');
    return apgdUntargeted(task, parameters, L2, l2Budget(parameters), dlrLoss);
  },
};
