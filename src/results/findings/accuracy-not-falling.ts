import { isSingleStep, parametersBut, titleOf } from './attack-traits.js';
import type { ComparisonCheck } from './types.js';

/** Carlini et al. 2019: a larger budget allows everything that a smaller one does, so accuracy must not rise with ε. */
export const accuracyNotFalling: ComparisonCheck = {
  code: 'ACCURACY_NOT_FALLING',
  description: 'The same attack with a smaller ε fools significantly more examples.',
  masksGradients: true,
  applies: (subject, other) =>
    subject.attack.kind === other.attack.kind &&
    other.budget.epsilon < subject.budget.epsilon &&
    parametersBut(subject, ['epsilon']) === parametersBut(other, ['epsilon']),
  report({ subject, other, onlyOther, onlySubject }) {
    const found = `${titleOf(other)} fools ${onlyOther} examples that a larger ε does not, and the larger ε only ${onlySubject} that it does not.`;
    // One step of the full budget may overshoot (Kurakin, Goodfellow and Bengio 2017): that says little about the model.
    return isSingleStep(subject)
      ? { severity: 'INFO', message: `${found} A single step overshoots: use an iterative attack.` }
      : {
          severity: 'WARNING',
          message: `${found} The large budget contains every image of the small one: give the attack more steps, and look for masked gradients.`,
        };
  },
};
