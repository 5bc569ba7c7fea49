/** FAB in L2. @module */
import { l2Budget } from '../core/budgets.js';
import { fab, FAB_PARAMETERS, FAB_L2 } from './fab.js';
import { L2_CAP } from '../core/parameters.js';
import { CROCE_HEIN_2020_FAB } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fabL2: AttackDefinition = {
  kind: 'FAB_L2',
  name: 'fabL2',
  title: 'FAB, L2',
  description: 'Looks for the smallest change in L2: steps to the nearest class boundary, drawn towards the original image.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: CROCE_HEIN_2020_FAB,
  parameters: { epsilon: L2_CAP, ...FAB_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => fab(task, parameters, FAB_L2, l2Budget(parameters)),
};
