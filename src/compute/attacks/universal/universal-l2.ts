/** A universal perturbation under an L2 budget. @module */
import { l2Budget } from '../core/budgets.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { SHAFAHI_2020 } from '../core/references.js';
import { SHARED_CHANGE_PARAMETERS } from './universal-perturbation.js';
import type { AttackDefinition } from '../core/definition.js';
import { prepareUniversal, runUniversal } from './universal.js';

export const universalL2: AttackDefinition = {
  kind: 'UNIVERSAL_L2',
  name: 'universalL2',
  title: 'Universal perturbation, L2',
  description:
    'One change for all images, learned from the last images of the data set before the first is attacked; what that costs is not in the counts of queries.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: SHAFAHI_2020,
  parameters: { epsilon: L2_EPSILON, ...SHARED_CHANGE_PARAMETERS },
  budget: l2Budget,
  prepare: (preparation, parameters) => prepareUniversal(preparation, parameters, L2, l2Budget(parameters)),
  run: (task, parameters) => runUniversal(task, l2Budget(parameters)),
};
