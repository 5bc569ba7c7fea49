/** Budgets of attacks whose parameter `epsilon` bounds the distance, by norm. @module */
import type { Budget, ParameterValues } from './types.js';

export const linfBudget = ({ epsilon }: ParameterValues): Budget => ({ norm: 'LINF', epsilon: epsilon as number });
export const l2Budget = ({ epsilon }: ParameterValues): Budget => ({ norm: 'L2', epsilon: epsilon as number });
export const l1Budget = ({ epsilon }: ParameterValues): Budget => ({ norm: 'L1', epsilon: epsilon as number });
