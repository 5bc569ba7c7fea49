import { isNearChance } from '../../compute/evaluation/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** A network that knows nothing of the data has nothing to be attacked: what does not fall is no robustness (Carlini et al. 2019, section 3.5). */
export const cleanAccuracyNearChance: FindingCheck = {
  code: 'CLEAN_ACCURACY_NEAR_CHANCE',
  description: 'Accuracy on the original images is less than a fifth of the way from chance to 1.',
  check({ outcomes, summary, classCount }) {
    const [accuracy, chance] = [summary.cleanTop1 / outcomes.count, 1 / classCount];
    if (!isNearChance(accuracy, classCount)) return undefined;
    return {
      severity: 'WARNING',
      message: `The model is right on ${percent(accuracy)} of the original images, where guessing is on ${percent(chance)}: it hardly knows this data, and its accuracy under attack says nothing. Check its valueRange, mean and std, the order of channels and classes, and that the data set is the one that it was trained for.`,
      evidence: { right: summary.cleanTop1, n: outcomes.count, chance },
    };
  },
};
