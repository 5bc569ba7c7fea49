/** MI-FGSM: sign steps along a running sum of normalised gradients (Dong et al. 2018). @module */
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { DONG_2018 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const miFgsm: AttackDefinition = {
  kind: 'MI_FGSM',
  name: 'miFgsm',
  title: 'MI-FGSM',
  description: 'Iterated sign steps with momentum, whose images transfer better to other models.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: DONG_2018,
  parameters: momentumParameters(1),
  budget: linfBudget,
  run: (task, parameters) => momentumAttack(task, parameters),
};
