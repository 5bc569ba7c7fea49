import { isRandom } from '../../compute/evaluation/index.js';
import { wilson } from '../../compute/statistics/index.js';
import { isOtherSuccess, isSuccess } from '../outcomes.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Share of the successes on floats above which the two judgings give different results; one of twenty may be chance. */
const MANY = 0.05;

export const undoneByRounding: FindingCheck = {
  code: 'UNDONE_BY_ROUNDING',
  description:
    'Rounding to 8 bits undoes more than 5 % of the successes that the same images have as floats, by the 95 % interval of that share.',
  check({ budget: { judging = 'STORED' }, summary, outcomes, diagnostics }) {
    // What a random model says of the two is other draws, whatever the rounding.
    if (isRandom(diagnostics)) return undefined;
    const { undoneByRounding: undone, adversarialTop1, otherTop1 } = summary;
    const { count } = outcomes;
    if (undone === null || otherTop1 === null || undone === 0) return undefined;
    const isFloatSuccess = judging === 'FLOAT' ? isSuccess : isOtherSuccess;
    const onFloats = Array.from({ length: count }, (_, i) => isFloatSuccess(outcomes, i)).filter((is) => is === true).length;
    if (wilson(undone, onFloats).lower <= MANY) return undefined;
    const [stored, float] = judging === 'FLOAT' ? [otherTop1, adversarialTop1] : [adversarialTop1, otherTop1];
    return {
      severity: judging === 'FLOAT' ? 'INFO' : 'WARNING',
      message: `Rounding to 8 bits undoes ${undone} of ${onFloats} successes on floats: accuracy under attack is ${percent(stored / count)} on stored images and ${percent(float / count)} on floats. Compare with papers, which do not round, by the judging FLOAT.`,
      evidence: { undone, successesOnFloats: onFloats, stored, float, n: count },
    };
  },
};
