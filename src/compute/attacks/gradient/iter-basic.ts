/** Iter. basic, also known as BIM: `X_{n+1} = Clip_{X,ε}{ X_n + α · sign ∇ J(X_n, y_true) }`. @module */
import { ALPHA, iterativePlan, STEPS } from './iterations.js';
import { trueLabel } from '../core/labels.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { KURAKIN_2016_PHYSICAL } from '../core/references.js';
import { linfBudget } from '../core/budgets.js';
import { signGradientAttack } from '../core/sign-gradient.js';
import type { AttackDefinition } from '../core/definition.js';

export const iterBasic: AttackDefinition = {
  kind: 'ITER_BASIC',
  name: 'iterBasic',
  title: 'Iter. basic',
  description: 'Many small steps along the sign of the gradient, away from the true class, clipped to the budget after each.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: KURAKIN_2016_PHYSICAL,
  parameters: { epsilon: LINF_EPSILON, alpha: ALPHA, steps: STEPS },
  budget: linfBudget,
  run: (task, parameters) => signGradientAttack(task, { ...iterativePlan(parameters), label: trueLabel, direction: 'ascend' }),
};
