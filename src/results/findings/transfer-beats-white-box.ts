import { hasBudgetOf, isIterative, isUntargeted, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/**
 * Tramèr et al. 2018 (arXiv 1705.07204), and Athalye, Carlini and Wagner 2018, section 3.1: where images made on another model fool more than those made
 * on the model itself, its gradients lead nowhere. Single steps are not judged: on models that were trained with them they are known to be weak.
 */
export const transferBeatsWhiteBox: ComparisonCheck = {
  code: 'TRANSFER_BEATS_WHITE_BOX',
  description: 'Images made on another model, with no larger budget, fool significantly more examples than this iterative attack.',
  applies: (subject, other) => isIterative(subject) && isUntargeted(subject) && hasBudgetOf(subject, other),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} on another model fools ${onlyOther} examples that this attack does not, against ${onlySubject}: gradients are masked. Count the worst case over attacks, and adapt the white-box attack to the model (BPDA, EOT, another loss).`,
  }),
};
