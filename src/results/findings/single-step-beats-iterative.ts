import { hasBudgetOf, isIterative, isSingleStep, isUntargeted, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/** Athalye, Carlini and Wagner 2018, section 3.1: iterative attacks are strictly stronger, unless they are stuck where gradients are masked. */
export const singleStepBeatsIterative: ComparisonCheck = {
  code: 'SINGLE_STEP_BEATS_ITERATIVE',
  description: 'A single-step attack of no larger budget fools significantly more examples than this iterative one.',
  masksGradients: true,
  applies: (subject, other) => isIterative(subject) && isUntargeted(subject) && isSingleStep(other) && hasBudgetOf(subject, other),
  report: ({ other, onlyOther, onlySubject }) => ({
    severity: 'WARNING',
    message: `${titleOf(other)} fools ${onlyOther} examples that this iterative attack does not, against ${onlySubject}: gradients are masked, or the step and the number of steps do not fit ε. Fix the attack before you trust its accuracy.`,
  }),
};
