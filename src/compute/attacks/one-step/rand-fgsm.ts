/** RAND+FGSM: `X' = X + α · sign N(0, I)`, then `X' + (ε - α) · sign ∇ J(X', y_true)`. @module */
import { linfBudget } from '../core/budgets.js';
import { trueLabel } from '../core/labels.js';
import { LINF_EPSILON, RANDOM_SHARE } from '../core/parameters.js';
import { randomThenGradient } from '../core/random-start.js';
import { TRAMER_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const randFgsm: AttackDefinition = {
  kind: 'RAND_FGSM',
  name: 'randFgsm',
  title: 'RAND+FGSM',
  description: 'A random sign step, then one step along the sign of the gradient, away from the true class.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: TRAMER_2017,
  parameters: { epsilon: LINF_EPSILON, randomShare: RANDOM_SHARE },
  budget: linfBudget,
  run: (task, parameters) => randomThenGradient(task, parameters, 'rand-fgsm.start', { label: trueLabel, direction: 'ascend' }),
};
