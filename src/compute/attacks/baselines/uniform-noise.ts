/** Noise that is uniform in [-ε, ε]. @module */
import { linfBudget } from '../core/budgets.js';
import { noiseAttack } from './noise.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { RAUBER_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const uniformNoise: AttackDefinition = {
  kind: 'UNIFORM_NOISE',
  name: 'uniformNoise',
  title: 'Uniform noise',
  description: 'Noise that is uniform between -ε and ε: a baseline that uses nothing of the model.',
  access: 'NONE',
  norms: ['LINF'],
  targeted: false,
  reference: RAUBER_2017,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run: (task, { epsilon }) =>
    noiseAttack(task, 'uniform-noise', (stream, size) => LINF.randomChange(stream, size).map((value) => value * (epsilon as number))),
};
