import { effectiveEpsilon } from '../../compute/distances/index.js';
import { formatMagnitude } from '../../compute/parameters/index.js';
import type { FindingCheck } from './types.js';

/** Share of ε below which the rounding to 8 bits makes a result another one than that of the same ε on floats. */
const NEARLY_ALL = 0.98;

export const roundedBudget: FindingCheck = {
  code: 'ROUNDED_BUDGET',
  description: 'Stored images of 8 bits cannot use more than 98 % of ε, which is no whole number of levels.',
  check({ budget }) {
    const effective = effectiveEpsilon(budget);
    if (budget.epsilon === 0 || effective >= NEARLY_ALL * budget.epsilon) return undefined;
    const [typed, used] = [budget.epsilon, effective].map(formatMagnitude);
    return {
      severity: 'WARNING',
      message: `Images of 8 bits stay within ${used} where ε is ${typed}: the attack was weaker than one of that ε on floats, with which papers compare. Give an ε that stored images can reach, such as ${used}.`,
      evidence: { norm: budget.norm, epsilon: budget.epsilon, effectiveEpsilon: effective },
    };
  },
};
