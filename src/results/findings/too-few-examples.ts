import { wilson } from '../../compute/statistics/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Widest 95 % interval that still supports a percentage without decimals, half of it to either side. */
const WIDEST = 0.1;

export const tooFewExamples: FindingCheck = {
  code: 'TOO_FEW_EXAMPLES',
  description: 'The 95 % interval of the accuracy under attack is wider than 10 percentage points.',
  check({ outcomes, summary }) {
    const { lower, upper, n } = wilson(summary.adversarialTop1, outcomes.count);
    if (upper - lower <= WIDEST) return undefined;
    return {
      severity: 'WARNING',
      message: `With ${n} examples, accuracy under attack is only known to lie between ${percent(lower)} and ${percent(upper)}. Use 400 examples or more.`,
      evidence: { n, lower, upper },
    };
  },
};
