/** Fast entropy: `X + ε · sign ∇_X H(p(y|X))`, towards a prediction that is unsure (Kurakin et al. 2016, appendix A). Uses no label. @module */
import { linfBudget } from '../core/budgets.js';
import { entropyLoss } from '../core/losses.js';
import { LINF } from '../norms/linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

export const fastEntropy: AttackDefinition = {
  kind: 'FAST_ENTROPY',
  name: 'fastEntropy',
  title: 'Fast entropy',
  description: "One step of size ε along the sign of the gradient of the prediction's entropy, which uses no label.",
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON },
  budget: linfBudget,
  usesTrueLabel: () => false,
  run(task, { epsilon }) {
    const size = epsilon as number;
    const plan = { norm: LINF, loss: entropyLoss, labels: task.labels, direction: 'ascend', epsilon: size, alpha: size, steps: 1 } as const;
    return projectedGradient(task, plan);
  },
};
