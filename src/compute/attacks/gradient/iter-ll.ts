/** Iter. l.l.: `X_{n+1} = Clip_{X,ε}{ X_n - α · sign ∇ J(X_n, y_LL) }`, with y_LL of the clean image throughout. @module */
import { ALPHA, iterativePlan, STEPS } from './iterations.js';
import { leastLikelyLabel } from '../core/labels.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { KURAKIN_2016_PHYSICAL } from '../core/references.js';
import { linfBudget } from '../core/budgets.js';
import { signGradientAttack } from '../core/sign-gradient.js';
import type { AttackDefinition } from '../core/definition.js';

export const iterLl: AttackDefinition = {
  kind: 'ITER_LL',
  name: 'iterLl',
  title: 'Iter. l.l.',
  description: 'Many small steps along the sign of the gradient, towards the least likely class, clipped to the budget after each.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  targets: leastLikelyLabel,
  reference: KURAKIN_2016_PHYSICAL,
  parameters: { epsilon: LINF_EPSILON, alpha: ALPHA, steps: STEPS },
  budget: linfBudget,
  run: (task, parameters) => signGradientAttack(task, { ...iterativePlan(parameters), label: leastLikelyLabel, direction: 'descend' }),
};
