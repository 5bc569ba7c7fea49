/** FAB in L1. @module */
import { l1Budget } from '../core/budgets.js';
import { fab, FAB_PARAMETERS, FAB_L1 } from './fab.js';
import { L1_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabL1: AttackDefinition = {
  kind: 'FAB_L1',
  name: 'fabL1',
  title: 'FAB, L1',
  description: 'Looks for the smallest change in L1: steps to the nearest class boundary, drawn towards the original image.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: false,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: L1_CAP, ...FAB_PARAMETERS },
  budget: l1Budget,
  run: (task, parameters) => fab(task, parameters, FAB_L1, l1Budget(parameters)),
};
