/** Sign of random noise: `X + ε · sign N(0, I)`, what FGSM must beat (Kurakin et al. 2016, appendix A). @module */
import { linfBudget } from '../core/budgets.js';
import { noiseAttack } from './noise.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { randomSigns } from '../core/random-images.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const randomSignNoise: AttackDefinition = {
  kind: 'RANDOM_SIGN_NOISE',
  name: 'randomSignNoise',
  title: 'Sign of random noise',
  description: 'Every pixel value goes up or down by ε at random: a baseline that uses nothing of the model.',
  access: 'NONE',
  norms: ['LINF'],
  targeted: false,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run: (task, { epsilon }) => noiseAttack(task, 'random-sign-noise', randomSigns(epsilon as number)),
};
