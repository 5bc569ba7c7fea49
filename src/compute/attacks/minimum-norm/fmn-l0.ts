/** FMN in L0. @module */
import { l0Budget } from '../core/budgets.js';
import { fmn, FMN_PARAMETERS } from './fmn.js';
import { projectL0 } from '../norms/l0.js';
import { L0_CAP } from '../core/parameters.js';
import { PINTOR_2021 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fmnL0: AttackDefinition = {
  kind: 'FMN_L0',
  name: 'fmnL0',
  title: 'FMN, L0',
  description: 'Looks for the smallest change in L0: gradient steps inside a ball that shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: PINTOR_2021,
  parameters: { epsilon: L0_CAP, ...FMN_PARAMETERS },
  budget: l0Budget,
  run: (task, parameters) => fmn(task, parameters, { norm: 'L0', project: projectL0 }, l0Budget(parameters)),
};
