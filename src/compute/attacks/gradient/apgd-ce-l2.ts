/** APGD-CE under an L2 budget. @module */
import { APGD_STEPS, apgdUntargeted } from './apgd.js';
import { l2Budget } from '../core/budgets.js';
import { logOddsLoss } from '../core/losses.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON, RESTARTS } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const apgdCeL2: AttackDefinition = {
  kind: 'APGD_CE_L2',
  name: 'apgdCeL2',
  title: 'APGD-CE, L2',
  description: 'Auto-PGD on the cross-entropy: gradient ascent whose step size adapts to each example.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: CROCE_HEIN_2020,
  parameters: { epsilon: L2_EPSILON, steps: APGD_STEPS, restarts: RESTARTS },
  budget: l2Budget,
  // The log-odds order images as the cross-entropy does, and have its direction of steepest ascent.
  run: (task, parameters) => apgdUntargeted(task, parameters, L2, l2Budget(parameters), logOddsLoss),
};
