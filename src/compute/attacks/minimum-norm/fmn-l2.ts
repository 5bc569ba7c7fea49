/** FMN in L2. @module */
import { l2Budget } from '../core/budgets.js';
import { fmn, FMN_PARAMETERS } from './fmn.js';
import { L2 } from '../norms/l2.js';
import { L2_CAP } from '../core/parameters.js';
import { PINTOR_2021 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fmnL2: AttackDefinition = {
  kind: 'FMN_L2',
  name: 'fmnL2',
  title: 'FMN, L2',
  description: 'Looks for the smallest change in L2: gradient steps inside a ball that shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: PINTOR_2021,
  parameters: { epsilon: L2_CAP, ...FMN_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => fmn(task, parameters, L2, l2Budget(parameters)),
};
