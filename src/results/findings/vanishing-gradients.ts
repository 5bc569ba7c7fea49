import type { Diagnostics } from '../../compute/evaluation/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Share of examples from which on gradients count as lost. A plain network has none; a few dead examples change no result. */
const MANY = 0.05;

/** Whether the cross-entropy leads nowhere. */
export const losesGradients = ({ differentiated, zeroGradients, vanishingGradients }: Diagnostics) =>
  differentiated > 0 && zeroGradients + vanishingGradients >= MANY * differentiated;

/**
 * A gradient that is zero, or too small for float32, hides the way to adversarial examples without removing them: "shattered" and vanishing gradients
 * (Athalye, Carlini and Wagner 2018, section 3); defensive distillation is the classic case (Carlini and Wagner 2017).
 */
export const vanishingGradients: FindingCheck = {
  code: 'VANISHING_GRADIENTS',
  description:
    'For 5 % of the examples or more, the gradient of the cross-entropy is zero, or too small to change the loss by a hundredth.',
  masksGradients: true,
  check({ diagnostics }) {
    if (!losesGradients(diagnostics)) return undefined;
    const { differentiated, zeroGradients, vanishingGradients: vanishing } = diagnostics;
    const lost = zeroGradients + vanishing;
    return {
      severity: 'WARNING',
      message: `The gradient of the cross-entropy is zero or vanishes for ${percent(lost / differentiated)} of the examples: gradient attacks may fail where adversarial examples exist, whatever their loss. Pass through steps without gradient (BPDA), and attack without gradients: by scores (Square) or decisions (HopSkipJump).`,
      evidence: { zero: zeroGradients, vanishing, n: differentiated },
    };
  },
};
