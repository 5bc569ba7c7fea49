/** NI-FGSM: momentum whose gradient is taken one step ahead (Lin et al. 2020). @module */
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { LIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const niFgsm: AttackDefinition = {
  kind: 'NI_FGSM',
  name: 'niFgsm',
  title: 'NI-FGSM',
  description: "Iterated sign steps with Nesterov's momentum: the gradient is taken where the momentum is about to lead.",
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: LIN_2020,
  parameters: momentumParameters(1),
  budget: linfBudget,
  run: (task, parameters) => momentumAttack(task, parameters, { lookahead: true }),
};
