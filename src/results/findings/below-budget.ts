import { isSuccess, wasRight, type Outcomes } from '../outcomes.js';
import { spendsBudget } from './attack-traits.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Share of the budget that even images at the ends of the pixel range, which are clipped, use. */
const LITTLE = 0.5;
/** Share of the failed examples from which on it is no accident. */
const MANY = 0.1;

/**
 * An attack that fails without using its budget was not tried: steps too short or too few, or gradients that are zero (Pintor et al. 2022,
 * "Indicators of attack failure", arXiv 2106.09947). Attacks that look for the smallest change leave failures unchanged, and are exempt from this check.
 */
export const belowBudget: FindingCheck = {
  code: 'BELOW_BUDGET',
  description: 'Of the examples that a gradient attack failed on, 10 % or more were changed by less than half of its budget.',
  check({ attack, parameters, budget: { norm, epsilon }, outcomes }) {
    const distances = { LINF: outcomes.linf, L2: outcomes.l2, L1: outcomes.l1, L0: undefined }[norm];
    if (attack.access !== 'GRADIENT' || !spendsBudget({ attack, parameters }) || !distances) return undefined;
    const failed = failures(outcomes);
    const little = failed.filter((i) => distances[i]! < LITTLE * epsilon).length;
    if (failed.length === 0 || little < MANY * failed.length) return undefined;
    return {
      severity: 'WARNING',
      message: `Of the ${failed.length} examples that the attack failed on, ${percent(little / failed.length)} were changed by less than half of ε: they were hardly attacked. Give it longer or more steps, an ε of at least 1/255, and look for zero gradients.`,
      evidence: { little, failed: failed.length, norm, epsilon },
    };
  },
};

/** Examples that were attacked in vain. */
function failures(outcomes: Outcomes): number[] {
  return Array.from(outcomes.labels, (_, i) => i).filter(
    (i) => wasRight(outcomes, i) && !isSuccess(outcomes, i) && outcomes.gradients[i]! > 0,
  );
}
