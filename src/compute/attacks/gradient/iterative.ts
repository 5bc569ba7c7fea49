/**
 * The iterative attacks of Kurakin et al. 2016: many small steps along the sign of the gradient, `X_{n+1} = Clip_{X,ε}{ X_n ± α · sign ∇ J(X_n, y) }`.
 * @module
 */
import { integer, magnitude, type ValuesOf } from '../../parameters/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { hasTarget, leastLikelyLabel, TARGET_PARAMETERS } from '../core/labels.js';
import { LINF_EPSILON, SMALLEST_STEP } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { runOnce } from '../core/towards.js';
import { LINF } from '../norms/linf.js';
import { classesOfLoss, GRADIENT_OPTIONS, planOf } from './options.js';

const KURAKIN_2016_PHYSICAL: AttackReference = {
  title: 'Adversarial Examples in the Physical World',
  authors: 'Kurakin, Goodfellow, Bengio',
  year: 2016,
  link: 'arXiv:1607.02533',
};

const STEPS = {
  epsilon: LINF_EPSILON,
  alpha: magnitude({
    default: 1 / 255,
    minimum: SMALLEST_STEP,
    maximum: 1,
    description: 'Size of one step, as a fraction of the pixel range. The paper takes one step of the 8-bit scale.',
  }),
  steps: integer({
    minimum: 1,
    maximum: 10_000,
    description: 'Number of steps. Absent: round(min(ε + 4, 1.25 ε)) with ε in steps of the 8-bit scale, at least 1, as in the paper.',
  }),
  ...GRADIENT_OPTIONS,
};

const ITERATIVE = {
  access: 'GRADIENT',
  norms: ['LINF'],
  reference: KURAKIN_2016_PHYSICAL,
  budget: linfBudget,
} as const;

/** Also known as BIM: away from y_true, or towards a target. */
export const iterBasic = defineAttack({
  ...ITERATIVE,
  kind: 'ITER_BASIC',
  name: 'iterBasic',
  title: 'Iter. basic',
  description:
    'Many small steps along the sign of the gradient, away from the true class or towards a target, clipped to the budget after each.',
  targeted: true,
  parameters: { ...STEPS, ...TARGET_PARAMETERS },
  classesOf: (parameters) => classesOfLoss(parameters, hasTarget(parameters)),
  run: (task, parameters) => runOnce(task, linfBudget(parameters), (left) => signSteps(left, parameters)),
});

/** Towards y_LL of the clean image, throughout. */
export const iterLl = defineAttack({
  ...ITERATIVE,
  kind: 'ITER_LL',
  name: 'iterLl',
  title: 'Iter. l.l.',
  description: 'Many small steps along the sign of the gradient, towards the least likely class, clipped to the budget after each.',
  targeted: true,
  targets: leastLikelyLabel,
  parameters: STEPS,
  classesOf: (parameters) => classesOfLoss(parameters, true),
  run: signSteps,
});

function signSteps(
  task: AttackTask,
  { epsilon, alpha, steps = paperIterations(epsilon), ...options }: ValuesOf<typeof STEPS>,
): Promise<AttackOutput> {
  return projectedGradient(task, { ...planOf(task, options), norm: LINF, epsilon, alpha, steps });
}

/** `N = min(ε + 4, 1.25 ε)` for ε in units of 1/255, rounded to the nearest whole number (halves up), at least 1 (Kurakin et al. 2016, section 2). */
export function paperIterations(epsilon: number): number {
  // Nine digits: 255 · (2/255) must count as 2, so that its 2.5 rounds as the paper's does.
  const pixels = Number((epsilon * 255).toFixed(9));
  return Math.max(1, Math.round(Math.min(pixels + 4, 1.25 * pixels)));
}
