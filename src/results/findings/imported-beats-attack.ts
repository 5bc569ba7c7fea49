import { isImported, isIterative, isUntargeted, MISSED_BY_CHANCE, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/** Carlini et al. 2019 (arXiv 1902.06705): an accuracy under attack is an upper bound, and any adversarial example within the budget lowers it, wherever it is from. */
export const importedBeatsAttack: ComparisonCheck = {
  code: 'IMPORTED_BEATS_ATTACK',
  description:
    'Imported images fool, within the budget of this iterative gradient attack, significantly more examples, or significantly more than 3 % that it does not.',
  masksGradients: true,
  applies: (subject, other) => isIterative(subject) && isUntargeted(subject) && isImported(other),
  tolerated: MISSED_BY_CHANCE,
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} fool ${onlyOther} examples within the budget of this attack that it does not, against ${onlySubject}. Count the worst case over both, and look for what the other attack does better.`,
  }),
};
