/** Noise from a normal distribution with σ = ε/2, truncated to [-ε, ε] (Kurakin et al. 2016, appendix A). @module */
import { truncatedNormal } from '../../random.js';
import { linfBudget } from '../core/budgets.js';
import { noiseAttack } from './noise.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const truncatedNormalNoise: AttackDefinition = {
  kind: 'TRUNCATED_NORMAL_NOISE',
  name: 'truncatedNormalNoise',
  title: 'Truncated normal noise',
  description: 'Noise from a normal distribution of standard deviation ε/2, truncated to ±ε: a baseline that uses nothing of the model.',
  access: 'NONE',
  norms: ['LINF'],
  targeted: false,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run(task, parameters) {
    const epsilon = parameters['epsilon'] as number;
    return noiseAttack(task, 'truncated-normal-noise', (stream, size) =>
      Float32Array.from({ length: size }, () => truncatedNormal(stream, epsilon / 2, -epsilon, epsilon)),
    );
  },
};
