import { isIterative, isUntargeted, MISSED_BY_CHANCE, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/**
 * Tramèr et al. 2018 (arXiv 1705.07204), and Athalye, Carlini and Wagner 2018, section 3.1: where images made on another model fool examples that those
 * made on the model itself do not, its gradients lead nowhere. Single steps are exempt: on models that were trained with them they are known to be weak.
 */
export const transferBeatsWhiteBox: ComparisonCheck = {
  code: 'TRANSFER_BEATS_WHITE_BOX',
  description:
    'Images made on another model fool, within the budget of this iterative attack, significantly more examples, or significantly more than 3 % that it does not.',
  masksGradients: true,
  applies: (subject) => isIterative(subject) && isUntargeted(subject),
  tolerated: MISSED_BY_CHANCE,
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} on another model fools ${onlyOther} examples within the budget of this attack that it does not, against ${onlySubject}: gradients are masked, or this attack is too weak. Count the worst case over attacks, and adapt the white-box attack to the model (BPDA, EOT, another loss).`,
  }),
};
