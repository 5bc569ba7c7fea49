/** FAB-T, the targeted form of FAB, in L2. @module */
import { l2Budget } from '../core/budgets.js';
import { fabTargeted, FAB_TARGETED_PARAMETERS, FAB_L2 } from './fab.js';
import { L2_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabTL2: AttackDefinition = {
  kind: 'FAB_T_L2',
  name: 'fabTL2',
  title: 'FAB-T, L2',
  description:
    'FAB in L2 towards the boundaries to the likeliest wrong classes, one after the other: cheaper where there are many classes.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: L2_CAP, ...FAB_TARGETED_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => fabTargeted(task, parameters, FAB_L2, l2Budget(parameters)),
};
