/** Step rnd.: `X - ε · sign ∇_X J(X, y_rnd)` with a uniformly random class. @module */
import { randomLabel } from '../core/labels.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import { linfBudget } from '../core/budgets.js';
import { signGradientAttack } from '../core/sign-gradient.js';
import type { AttackDefinition } from '../core/definition.js';

export const stepRnd: AttackDefinition = {
  kind: 'STEP_RND',
  name: 'stepRnd',
  title: 'Step rnd.',
  description: 'One step of size ε along the sign of the gradient, towards a uniformly random class.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  targets: randomLabel('step-rnd.target'),
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run: (task, { epsilon }) =>
    signGradientAttack(task, {
      label: randomLabel('step-rnd.target'),
      direction: 'descend',
      epsilon: epsilon as number,
      alpha: epsilon as number,
      steps: 1,
    }),
};
