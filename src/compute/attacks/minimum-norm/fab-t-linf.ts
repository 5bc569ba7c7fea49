/** FAB-T, the targeted form of FAB, in L∞. @module */
import { linfBudget } from '../core/budgets.js';
import { fabTargeted, FAB_TARGETED_PARAMETERS, FAB_LINF } from './fab.js';
import { LINF_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabTLinf: AttackDefinition = {
  kind: 'FAB_T_LINF',
  name: 'fabTLinf',
  title: 'FAB-T, L∞',
  description:
    'FAB in L∞ towards the boundaries to the likeliest wrong classes, one after the other: cheaper where there are many classes.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: LINF_CAP, ...FAB_TARGETED_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => fabTargeted(task, parameters, FAB_LINF, linfBudget(parameters)),
};
