import { wilson } from '../../compute/statistics/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** What other images of the same kind may cost. */
const TOLERATED = 0.02;

export const cleanAccuracyBelowExpected: FindingCheck = {
  code: 'CLEAN_ACCURACY_BELOW_EXPECTED',
  description:
    "The 95 % interval of the accuracy on the original images ends more than 2 percentage points below the model's `expectedCleanAccuracy`.",
  check({ outcomes, summary, expectedCleanAccuracy }) {
    const { value, upper, n } = wilson(summary.cleanTop1, outcomes.count);
    if (expectedCleanAccuracy === null || upper >= expectedCleanAccuracy - TOLERATED) return undefined;
    return {
      severity: 'WARNING',
      message: `The model is right on ${percent(value!)} of the original images; its submitter expects ${percent(expectedCleanAccuracy)}. Check its valueRange, mean and std, the order of channels and classes, and that the data set is the one that it was trained for.`,
      evidence: { right: summary.cleanTop1, n, upper, expected: expectedCleanAccuracy },
    };
  },
};
