/** FMN in L∞. @module */
import { linfBudget } from '../core/budgets.js';
import { fmn, FMN_PARAMETERS } from './fmn.js';
import { LINF } from '../norms/linf.js';
import { LINF_CAP } from '../core/parameters.js';
import { PINTOR_2021 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fmnLinf: AttackDefinition = {
  kind: 'FMN_LINF',
  name: 'fmnLinf',
  title: 'FMN, L∞',
  description: 'Looks for the smallest change in L∞: gradient steps inside a ball that shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: PINTOR_2021,
  parameters: { epsilon: LINF_CAP, ...FMN_PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) => fmn(task, parameters, LINF, linfBudget(parameters)),
};
