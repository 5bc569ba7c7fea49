/** Step l.l.: `X - ε · sign ∇_X J(X, y_LL)`, the paper's one-step attack for adversarial training. @module */
import { leastLikelyLabel } from '../core/labels.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import { linfBudget } from '../core/budgets.js';
import { signGradientAttack } from '../core/sign-gradient.js';
import type { AttackDefinition } from '../core/definition.js';

export const stepLl: AttackDefinition = {
  kind: 'STEP_LL',
  name: 'stepLl',
  title: 'Step l.l.',
  description: 'One step of size ε along the sign of the gradient, towards the class that the model finds least likely.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  targets: leastLikelyLabel,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run: (task, { epsilon }) =>
    signGradientAttack(task, {
      label: leastLikelyLabel,
      direction: 'descend',
      epsilon: epsilon as number,
      alpha: epsilon as number,
      steps: 1,
    }),
};
