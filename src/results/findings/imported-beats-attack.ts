import { hasBudgetOf, isImported, isIterative, isUntargeted, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/** Carlini et al. 2019 (arXiv 1902.06705): an accuracy under attack is an upper bound, and any adversarial example within the budget lowers it, wherever it is from. */
export const importedBeatsAttack: ComparisonCheck = {
  code: 'IMPORTED_BEATS_ATTACK',
  description: 'Images made elsewhere, within no larger a budget, fool significantly more examples than this iterative gradient attack.',
  applies: (subject, other) => isIterative(subject) && isUntargeted(subject) && isImported(other) && hasBudgetOf(subject, other),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} fool ${onlyOther} examples that this attack does not, against ${onlySubject}. Count the worst case over both, and look for what the other attack does better.`,
  }),
};
