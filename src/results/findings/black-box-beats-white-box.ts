import { isIterative, isUntargeted, MISSED_BY_CHANCE, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/**
 * Athalye, Carlini and Wagner 2018, section 3.1, and Carlini et al. 2019: an attacker with gradients can do everything that one without can, on every example: equal
 * averages may hide that it does not. Single steps are exempt: a search of thousands of queries rightly beats them.
 */
export const blackBoxBeatsWhiteBox: ComparisonCheck = {
  code: 'BLACK_BOX_BEATS_WHITE_BOX',
  description:
    'An attack without gradients fools, within the budget of this iterative one, significantly more examples, or significantly more than 3 % that this one does not.',
  masksGradients: true,
  applies: (subject, other) =>
    isIterative(subject) && isUntargeted(subject) && (other.attack.access === 'SCORE' || other.attack.access === 'DECISION'),
  tolerated: MISSED_BY_CHANCE,
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)}, which sees no gradients, fools ${onlyOther} examples within the budget of this attack that it does not, against ${onlySubject}: gradients are masked, or this attack is too weak. Count the worst case over attacks, and adapt the white-box attack to the model (BPDA, EOT, another loss).`,
  }),
};
