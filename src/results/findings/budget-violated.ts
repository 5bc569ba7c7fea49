import type { FindingCheck } from './types.js';

export const budgetViolated: FindingCheck = {
  code: 'BUDGET_VIOLATED',
  description: 'Adversarial images, as they were judged, lie further from their originals than the attack was allowed.',
  check({ budget: { norm, epsilon }, outcomes, budgetViolations }) {
    if (budgetViolations === 0) return undefined;
    return {
      severity: 'ERROR',
      message: `${budgetViolations} of ${outcomes.count} adversarial images break the budget of ${epsilon} in ${norm}. The accuracy under attack is too low; do not use it.`,
      evidence: { violations: budgetViolations, n: outcomes.count, norm, epsilon },
    };
  },
};
