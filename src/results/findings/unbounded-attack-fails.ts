import type { Norm } from '../../compute/distances/index.js';
import { mostGradients } from '../outcomes.js';
import { isIterative, isUntargeted, spendsBudget } from './attack-traits.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';
import { losesGradients } from './vanishing-gradients.js';

/** Carlini et al. 2019, and Athalye, Carlini and Wagner 2018, section 3.1: an attack that may change everything must fool everything. */
export const unboundedAttackFails: FindingCheck = {
  code: 'UNBOUNDED_ATTACK_FAILS',
  description: 'An iterative attack without limit, or with a budget that reaches every image, leaves examples right.',
  masksGradients: true,
  check({ attack, parameters, budget: { norm, epsilon }, outcomes, summary, imageSize, diagnostics }) {
    const traits = { attack, parameters, gradients: mostGradients(outcomes) };
    if (epsilon < reachOf(norm, imageSize) || !isIterative(traits) || !isUntargeted(traits) || summary.adversarialTop1 === 0)
      return undefined;
    const found = `The budget allows every image, but ${percent(summary.adversarialTop1 / outcomes.count)} of the examples stay right: the attack failed.`;
    const evidence = { right: summary.adversarialTop1, n: outcomes.count };
    // It takes small steps from the original image: on a strong network they do not get far enough, and nothing is wrong with its gradients.
    if (!spendsBudget({ attack, parameters }) && !losesGradients(diagnostics) && diagnostics.nonFiniteGradients === 0) {
      return {
        severity: 'INFO',
        message: `${found} The gradients of the model are in order, so the search for a small change was too short. Use more steps or restarts, and an attack that spends its whole budget, such as APGD.`,
        evidence,
      };
    }
    return { severity: 'WARNING', message: `${found} Look for vanishing gradients, and use more steps or another loss.`, evidence };
  },
};

/** Distance within which every image of the pixel range lies. */
function reachOf(norm: Norm, imageSize: number): number {
  return { LINF: 1, L2: Math.sqrt(imageSize), L1: imageSize, L0: imageSize }[norm];
}
