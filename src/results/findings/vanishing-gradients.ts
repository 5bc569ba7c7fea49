import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Share of examples from which on gradients count as lost. A plain network has none; a few dead examples change no result. */
const MANY = 0.05;

/**
 * A gradient that is zero, or too small for float32, hides the way to adversarial examples without removing them: "shattered" and vanishing gradients
 * (Athalye, Carlini and Wagner 2018, section 3); defensive distillation is the classic case (Carlini and Wagner 2017).
 */
export const vanishingGradients: FindingCheck = {
  code: 'VANISHING_GRADIENTS',
  description:
    'For 5 % of the examples or more, the gradient of the cross-entropy is zero, or too small to change the loss by a hundredth.',
  check({ diagnostics: { differentiated, zeroGradients, vanishingGradients: vanishing } }) {
    const lost = zeroGradients + vanishing;
    if (differentiated === 0 || lost < MANY * differentiated) return undefined;
    return {
      severity: 'WARNING',
      message: `The gradient of the cross-entropy is zero or vanishes for ${percent(lost / differentiated)} of the examples: gradient attacks may fail where adversarial examples exist. Attack with a loss on logits (APGD-DLR), with scores only (Square), and bypass steps without gradient (BPDA).`,
      evidence: { zero: zeroGradients, vanishing, n: differentiated },
    };
  },
};
