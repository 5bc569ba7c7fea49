/** Fast gradient with L2 normalisation: `X + ε · ∇J / ‖∇J‖₂` (Kurakin et al. 2016, appendix A). @module */
import { l2Budget } from '../core/budgets.js';
import { L2 } from '../norms/l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fastGradientL2: AttackDefinition = {
  kind: 'FAST_GRADIENT_L2',
  name: 'fastGradientL2',
  title: 'Fast gradient, L2',
  description: 'One step along the gradient of the loss, of Euclidean length ε, away from the true class.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: L2_EPSILON },
  budget: l2Budget,
  run(task, { epsilon }) {
    const size = epsilon as number;
    return projectedGradient(task, { norm: L2, labels: task.labels, direction: 'ascend', epsilon: size, alpha: size, steps: 1 });
  },
};
