/** FAB in L∞. @module */
import { linfBudget } from '../core/budgets.js';
import { fab, FAB_PARAMETERS, FAB_LINF } from './fab.js';
import { LINF_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabLinf: AttackDefinition = {
  kind: 'FAB_LINF',
  name: 'fabLinf',
  title: 'FAB, L∞',
  description: 'Looks for the smallest change in L∞: steps to the nearest class boundary, drawn towards the original image.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: LINF_CAP, ...FAB_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => fab(task, parameters, FAB_LINF, linfBudget(parameters)),
};
