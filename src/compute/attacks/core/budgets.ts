/** Budgets of attacks whose parameter `epsilon` bounds the distance, by norm. Without one, there is no limit. @module */
import type { Budget, Norm } from '../../distances/budget.js';
import type { ParameterValues } from '../../parameters/descriptions.js';

const within =
  (norm: Norm) =>
  ({ epsilon }: ParameterValues): Budget => ({ norm, epsilon: (epsilon as number | undefined) ?? Infinity });

export const linfBudget = within('LINF');
export const l2Budget = within('L2');
export const l1Budget = within('L1');
export const l0Budget = within('L0');
