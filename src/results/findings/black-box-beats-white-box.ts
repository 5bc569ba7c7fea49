import { hasBudgetOf, isIterative, isUntargeted, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/**
 * Athalye, Carlini and Wagner 2018, section 3.1, and Carlini et al. 2019: whoever sees the gradients can do all that others can. Judged example by
 * example, since equal averages may hide it. Single steps are not judged: a search of thousands of queries rightly beats them.
 */
export const blackBoxBeatsWhiteBox: ComparisonCheck = {
  code: 'BLACK_BOX_BEATS_WHITE_BOX',
  description: 'An attack without gradients, of no larger budget, fools significantly more examples than this iterative one.',
  applies: (subject, other) =>
    isIterative(subject) &&
    isUntargeted(subject) &&
    (other.attack.access === 'SCORE' || other.attack.access === 'DECISION') &&
    hasBudgetOf(subject, other),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)}, which sees no gradients, fools ${onlyOther} examples that this attack does not, against ${onlySubject}: gradients are masked. Count the worst case over attacks, and adapt the white-box attack to the model (BPDA, EOT, another loss).`,
  }),
};
