import type { FindingCheck } from './types.js';

/** NaN in a gradient stops an attack at its first step, and looks like robustness (Athalye, Carlini and Wagner 2018, section 3). */
export const nonFiniteGradients: FindingCheck = {
  code: 'NON_FINITE_GRADIENTS',
  description: 'The gradient or the loss of an example holds NaN or infinity.',
  masksGradients: true,
  check({ diagnostics: { differentiated, nonFiniteGradients: count } }) {
    if (count === 0) return undefined;
    return {
      severity: 'ERROR',
      message: `The loss or its gradient is NaN or infinite for ${count} of ${differentiated} examples: gradient attacks cannot move them. Look for square roots, logarithms and divisions at zero in the model.`,
      evidence: { nonFinite: count, n: differentiated },
    };
  },
};
