/** The other one-step attacks of Kurakin et al. 2016, appendix A: along the gradient itself in two lengths, and along the entropy's. @module */
import { l2Budget, linfBudget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { entropyLoss } from '../core/losses.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import { runOnce } from '../core/towards.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { STEP_OPTIONS, stepOf } from './options.js';
import { scaledToLargest } from '../norms/reduce.js';

const FAST_GRADIENT = { access: 'GRADIENT', reference: KURAKIN_2016_SCALE } as const;
const WITHIN_LINF = { ...FAST_GRADIENT, norms: ['LINF'], budget: linfBudget } as const;
const WITHIN_L2 = { ...FAST_GRADIENT, norms: ['L2'], budget: l2Budget } as const;

/** `X + ε · ∇J / ‖∇J‖₂`. */
export const fastGradientL2 = defineAttack({
  ...WITHIN_L2,
  kind: 'FAST_GRADIENT_L2',
  name: 'fastGradientL2',
  title: 'Fast gradient, L2',
  description: 'One step along the gradient of the loss, of Euclidean length ε, away from the true class or towards a target.',
  targeted: true,
  parameters: { epsilon: L2_EPSILON, ...TARGET_PARAMETERS, ...STEP_OPTIONS },
  run: (task, values) =>
    runOnce(task, l2Budget(values), (left) =>
      projectedGradient(left, { ...aim(left), norm: L2, ...stepOf(left, L2, values, 'fast-gradient-l2.start') }),
    ),
});

/** A gradient's direction that keeps the shares of its pixels: only the one with the largest slope changes by all of ε. */
const LINF_IN_PROPORTION = { ...LINF, steepest: scaledToLargest };

/** `X + ε · ∇J / ‖∇J‖_∞`. */
export const fastGradientLinf = defineAttack({
  ...WITHIN_LINF,
  kind: 'FAST_GRADIENT_LINF',
  name: 'fastGradientLinf',
  title: 'Fast gradient, L∞',
  description:
    'One step along the gradient of the loss, scaled so that its largest change is ε, away from the true class or towards a target.',
  targeted: true,
  parameters: { epsilon: LINF_EPSILON, ...TARGET_PARAMETERS, ...STEP_OPTIONS },
  run: (task, values) =>
    runOnce(task, linfBudget(values), (left) =>
      projectedGradient(left, { ...aim(left), norm: LINF_IN_PROPORTION, ...stepOf(left, LINF, values, 'fast-gradient-linf.start') }),
    ),
});

/** `X + ε · sign ∇_X H(p(y|X))`, towards a prediction that is unsure. Uses no label. */
export const fastEntropy = defineAttack({
  ...WITHIN_LINF,
  kind: 'FAST_ENTROPY',
  name: 'fastEntropy',
  title: 'Fast entropy',
  description: "One step of size ε along the sign of the gradient of the prediction's entropy, which uses no label.",
  targeted: false,
  parameters: { epsilon: LINF_EPSILON },
  usesTrueLabel: () => false,
  run: (task, { epsilon }) =>
    projectedGradient(task, {
      norm: LINF,
      loss: { name: 'entropy', of: entropyLoss },
      labels: task.labels,
      direction: 'ascend',
      epsilon,
      alpha: epsilon,
      steps: 1,
    }),
});
