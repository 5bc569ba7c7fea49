/** Fast gradient with L∞ normalisation: `X + ε · ∇J / ‖∇J‖_∞` (Kurakin et al. 2016, appendix A). Only the pixel with the largest slope changes by all of ε. @module */
import { linfBudget } from '../core/budgets.js';
import { LINF } from '../norms/linf.js';
import { scaledToLargest } from '../norms/reduce.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fastGradientLinf: AttackDefinition = {
  kind: 'FAST_GRADIENT_LINF',
  name: 'fastGradientLinf',
  title: 'Fast gradient, L∞',
  description: 'One step along the gradient of the loss, scaled so that its largest change is ε, away from the true class.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  run(task, { epsilon }) {
    const size = epsilon as number;
    const norm = { ...LINF, steepest: scaledToLargest };
    return projectedGradient(task, { norm, labels: task.labels, direction: 'ascend', epsilon: size, alpha: size, steps: 1 });
  },
};
