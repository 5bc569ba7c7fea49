/**
 * RAND+step l.l. (`stepllnoise`): `X' = X + α · sign N(0, I)`, then `X' - (ε - α) · sign ∇ J(X', y_LL)`, with y_LL of the clean image as in the authors'
 * evaluation code.
 * @module
 */
import { linfBudget } from '../core/budgets.js';
import { leastLikelyLabel } from '../core/labels.js';
import { LINF_EPSILON, RANDOM_SHARE } from '../core/parameters.js';
import { randomThenGradient } from '../core/random-start.js';
import { TRAMER_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const stepLlNoise: AttackDefinition = {
  kind: 'STEP_LL_NOISE',
  name: 'stepLlNoise',
  title: 'RAND+step l.l.',
  description: 'A random sign step, then one step along the sign of the gradient, towards the class that the model finds least likely.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  targets: leastLikelyLabel,
  reference: TRAMER_2017,
  parameters: { epsilon: LINF_EPSILON, randomShare: RANDOM_SHARE },
  budget: linfBudget,
  run: (task, parameters) => randomThenGradient(task, parameters, 'step-ll-noise.start', { label: leastLikelyLabel, direction: 'descend' }),
};
