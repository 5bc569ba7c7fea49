/** FAB-T, the targeted form of FAB, in L1. @module */
import { l1Budget } from '../core/budgets.js';
import { fabTargeted, FAB_TARGETED_PARAMETERS, FAB_L1 } from './fab.js';
import { L1_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabTL1: AttackDefinition = {
  kind: 'FAB_T_L1',
  name: 'fabTL1',
  title: 'FAB-T, L1',
  description:
    'FAB in L1 towards the boundaries to the likeliest wrong classes, one after the other: cheaper where there are many classes.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: true,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: L1_CAP, ...FAB_TARGETED_PARAMETERS },
  budget: l1Budget,
  run: (task, parameters) => fabTargeted(task, parameters, FAB_L1, l1Budget(parameters)),
};
