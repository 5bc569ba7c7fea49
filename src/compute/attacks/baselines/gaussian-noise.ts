/** Gaussian noise, scaled to the length ε: a uniformly random direction. @module */
import { l2Budget } from '../core/budgets.js';
import { noiseAttack } from './noise.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { RAUBER_2017 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const gaussianNoise: AttackDefinition = {
  kind: 'GAUSSIAN_NOISE',
  name: 'gaussianNoise',
  title: 'Gaussian noise',
  description: 'Gaussian noise scaled to a Euclidean length of ε: a baseline that uses nothing of the model.',
  access: 'NONE',
  norms: ['L2'],
  targeted: false,
  reference: RAUBER_2017,
  parameters: { epsilon: L2_EPSILON },
  budget: l2Budget,
  run: (task, { epsilon }) =>
    noiseAttack(task, 'gaussian-noise', (stream, size) => {
      const change = Float32Array.from({ length: size }, () => stream.normal());
      const factor = (epsilon as number) / L2.length(change);
      return change.map((value) => value * factor);
    }),
};
