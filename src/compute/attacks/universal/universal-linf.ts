/** A universal perturbation under an L∞ budget. @module */
import { linfBudget } from '../core/budgets.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { SHAFAHI_2020 } from '../core/references.js';
import { SHARED_CHANGE_PARAMETERS } from './universal-perturbation.js';
import type { AttackDefinition } from '../core/definition.js';
import { prepareUniversal, runUniversal } from './universal.js';

export const universalLinf: AttackDefinition = {
  kind: 'UNIVERSAL_LINF',
  name: 'universalLinf',
  title: 'Universal perturbation, L∞',
  description:
    'One change for all images, learned from the last images of the data set before the first is attacked; what that costs is not in the counts of queries.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: SHAFAHI_2020,
  parameters: { epsilon: LINF_EPSILON, ...SHARED_CHANGE_PARAMETERS },
  budget: linfBudget,
  prepare: (preparation, parameters) => prepareUniversal(preparation, parameters, LINF, linfBudget(parameters)),
  run: (task, parameters) => runUniversal(task, linfBudget(parameters)),
};
