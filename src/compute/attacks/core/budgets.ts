/** Budgets of attacks whose parameter `epsilon` bounds the distance, by norm. Without one, there is no limit. @module */
import type { Budget, Norm } from '../../distances/index.js';

interface Limit {
  readonly epsilon?: number;
}

/** The budget of an attack that bounds the distance in this norm. */
export const within =
  (norm: Norm) =>
  ({ epsilon }: Limit): Budget => ({ norm, epsilon: epsilon ?? Infinity });

export const linfBudget = within('LINF');
export const l2Budget = within('L2');
export const l1Budget = within('L1');
export const l0Budget = within('L0');
