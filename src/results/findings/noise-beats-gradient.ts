import { hasBudgetOf, isImported, isUntargeted, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/** Carlini et al. 2019, and Athalye, Carlini and Wagner 2018, section 3.1: random sampling must not find what gradients do not. */
export const noiseBeatsGradient: ComparisonCheck = {
  code: 'NOISE_BEATS_GRADIENT',
  description: 'Random noise of no larger budget fools significantly more examples than this gradient attack.',
  masksGradients: true,
  applies: (subject, other) =>
    subject.attack.access === 'GRADIENT' &&
    subject.gradients > 0 &&
    isUntargeted(subject) &&
    other.attack.access === 'NONE' &&
    !isImported(other) &&
    hasBudgetOf(subject, other),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} fools ${onlyOther} examples that this gradient attack does not, against ${onlySubject}: the gradients mislead. Do not trust its accuracy; use attacks that need no gradients.`,
  }),
};
