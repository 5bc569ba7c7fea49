/**
 * The fast gradient sign method and its kin, under an L∞ budget: one step `X ± ε · sign ∇_X J(X, y)`. They differ in the class y, in whether they go away from
 * it or towards it, and in whether a random step comes first.
 * @module
 */
import { choice } from '../../parameters/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { leastLikelyLabel, predictedLabel, randomLabel, TARGET_PARAMETERS } from '../core/labels.js';
import { LINF_EPSILON, RANDOM_SHARE } from '../core/parameters.js';
import { projectedGradient, type ProjectedGradientPlan } from '../core/projected-gradient.js';
import { randomlyChanged, randomSigns } from '../core/random-images.js';
import { GOODFELLOW_2014, KURAKIN_2016_SCALE, TRAMER_2017 } from '../core/references.js';
import { runOnce } from '../core/towards.js';
import { LINF } from '../norms/linf.js';
import { STEP_OPTIONS, stepOf } from './options.js';

const ONE_STEP = { access: 'GRADIENT', norms: ['LINF'], budget: linfBudget } as const;

/** `X + ε · sign ∇_X J(X, y)`. */
export const fgsm = defineAttack({
  ...ONE_STEP,
  kind: 'FGSM',
  name: 'fgsm',
  title: 'FGSM',
  description:
    'One step of size ε along the sign of the gradient of the loss, away from the true or from the predicted class, or towards a target.',
  targeted: true,
  reference: GOODFELLOW_2014,
  parameters: {
    epsilon: LINF_EPSILON,
    label: choice({
      enumName: 'FgsmLabel',
      values: {
        TRUE: 'The label in the data set. Models trained on such images can read it off the perturbation (label leaking).',
        PREDICTED: 'The most likely class, which does not leak the label.',
      },
      default: 'TRUE',
      description: 'The class whose loss is raised. With a target, the loss of that is lowered.',
    }),
    ...TARGET_PARAMETERS,
    ...STEP_OPTIONS,
  },
  usesTrueLabel: ({ label }) => label === 'TRUE',
  run: (task, values) =>
    values.label === 'PREDICTED' && !task.targets
      ? optionalStep(task, { labels: predictedLabel(task), direction: 'ascend' }, values, 'fgsm.start')
      : runOnce(task, linfBudget(values), (left) => optionalStep(left, aim(left), values, 'fgsm.start')),
});

/** `X - ε · sign ∇_X J(X, y_LL)`, the paper's one-step attack for adversarial training. */
export const stepLl = defineAttack({
  ...ONE_STEP,
  kind: 'STEP_LL',
  name: 'stepLl',
  title: 'Step l.l.',
  description: 'One step of size ε along the sign of the gradient, towards the class that the model finds least likely.',
  targeted: true,
  targets: leastLikelyLabel,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON, ...STEP_OPTIONS },
  run: (task, values) => optionalStep(task, { labels: leastLikelyLabel(task), direction: 'descend' }, values, 'step-ll.start'),
});

const stepRndLabel = randomLabel('step-rnd.target');

/** `X - ε · sign ∇_X J(X, y_rnd)` with a uniformly random class. */
export const stepRnd = defineAttack({
  ...ONE_STEP,
  kind: 'STEP_RND',
  name: 'stepRnd',
  title: 'Step rnd.',
  description: 'One step of size ε along the sign of the gradient, towards a uniformly random class.',
  targeted: true,
  targets: stepRndLabel,
  reference: KURAKIN_2016_SCALE,
  parameters: { epsilon: LINF_EPSILON, ...STEP_OPTIONS },
  run: (task, values) => optionalStep(task, { labels: stepRndLabel(task), direction: 'descend' }, values, 'step-rnd.start'),
});

/** RAND+FGSM: `X' = X + α · sign N(0, I)`, then `X' + (ε - α) · sign ∇ J(X', y_true)`. */
export const randFgsm = defineAttack({
  ...ONE_STEP,
  kind: 'RAND_FGSM',
  name: 'randFgsm',
  title: 'RAND+FGSM',
  description: 'A random sign step, then one step along the sign of the gradient, away from the true class or towards a target.',
  targeted: true,
  reference: TRAMER_2017,
  parameters: { epsilon: LINF_EPSILON, randomShare: RANDOM_SHARE, ...TARGET_PARAMETERS },
  run: (task, { epsilon, randomShare }) =>
    runOnce(task, linfBudget({ epsilon }), (left) =>
      afterRandomStep(left, aim(left), epsilon, { length: epsilon * randomShare, purpose: 'rand-fgsm.start' }),
    ),
});

/**
 * RAND+step l.l. (`stepllnoise`): `X' = X + α · sign N(0, I)`, then `X' - (ε - α) · sign ∇ J(X', y_LL)`, with y_LL of the clean image as in the authors'
 * evaluation code.
 */
export const stepLlNoise = defineAttack({
  ...ONE_STEP,
  kind: 'STEP_LL_NOISE',
  name: 'stepLlNoise',
  title: 'RAND+step l.l.',
  description: 'A random sign step, then one step along the sign of the gradient, towards the class that the model finds least likely.',
  targeted: true,
  targets: leastLikelyLabel,
  reference: TRAMER_2017,
  parameters: { epsilon: LINF_EPSILON, randomShare: RANDOM_SHARE },
  run: (task, { epsilon, randomShare }) =>
    afterRandomStep(task, { labels: leastLikelyLabel(task), direction: 'descend' }, epsilon, {
      length: epsilon * randomShare,
      purpose: 'step-ll-noise.start',
    }),
});

/** A random sign step of length α, which takes images out of the sharp curvature near the data that masks gradients (Tramèr et al. 2017). */
interface RandomStep {
  readonly length: number;
  readonly purpose: string;
}

type Aim = Pick<ProjectedGradientPlan, 'labels' | 'direction'>;

/** One step with {@link STEP_OPTIONS}. */
function optionalStep(task: AttackTask, aimed: Aim, values: Parameters<typeof stepOf>[2], purpose: string): Promise<AttackOutput> {
  return projectedGradient(task, { norm: LINF, ...aimed, ...stepOf(task, LINF, values, purpose) });
}

/** One gradient step, of what the random step leaves of ε. */
function afterRandomStep(task: AttackTask, aimed: Aim, epsilon: number, { length, purpose }: RandomStep): Promise<AttackOutput> {
  const start = randomlyChanged(task, purpose, randomSigns(length));
  return projectedGradient(task, { norm: LINF, ...aimed, epsilon, alpha: epsilon - length, steps: 1, start });
}
