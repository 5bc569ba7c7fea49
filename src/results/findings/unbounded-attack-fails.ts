import type { Norm } from '../../compute/distances/index.js';
import { mostGradients } from '../outcomes.js';
import { isIterative, isUntargeted } from './attack-traits.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Carlini et al. 2019, and Athalye, Carlini and Wagner 2018, section 3.1: an attack that may change everything must fool everything. */
export const unboundedAttackFails: FindingCheck = {
  code: 'UNBOUNDED_ATTACK_FAILS',
  description: 'An iterative attack without limit, or with a budget that reaches every image, leaves examples right.',
  check({ attack, parameters, budget: { norm, epsilon }, outcomes, summary, imageSize }) {
    const traits = { attack, parameters, gradients: mostGradients(outcomes) };
    if (epsilon < reachOf(norm, imageSize) || !isIterative(traits) || !isUntargeted(traits) || summary.adversarialTop1 === 0)
      return undefined;
    return {
      severity: 'WARNING',
      message: `The budget allows every image, but ${percent(summary.adversarialTop1 / outcomes.count)} of the examples stay right: the attack failed. Look for vanishing gradients, and use more steps or another loss.`,
      evidence: { right: summary.adversarialTop1, n: outcomes.count },
    };
  },
};

/** Distance within which every image of the pixel range lies. */
function reachOf(norm: Norm, imageSize: number): number {
  return { LINF: 1, L2: Math.sqrt(imageSize), L1: imageSize, L0: imageSize }[norm];
}
