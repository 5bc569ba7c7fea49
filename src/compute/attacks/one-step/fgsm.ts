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
import { type Direction, projectedGradient } from '../core/projected-gradient.js';
import { randomlyChanged, randomSigns } from '../core/random-images.js';
import { GOODFELLOW_2014, KURAKIN_2016_SCALE, TRAMER_2017 } from '../core/references.js';
import { runOnce } from '../core/towards.js';
import { LINF } from '../norms/linf.js';

const ONE_STEP = { access: 'GRADIENT', norms: ['LINF'], budget: linfBudget } as const;

/** `X + ε · sign ∇_X J(X, y)`. */
export const fgsm = defineAttack({
  ...ONE_STEP,
  kind: 'FGSM',
  name: 'fgsm',
  title: 'FGSM',
  description: 'One step of size ε along the sign of the gradient of the loss, away from the true or from the predicted class, or towards a target.',
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
  },
  usesTrueLabel: ({ label }) => label === 'TRUE',
  run: (task, { epsilon, label }) =>
    label === 'PREDICTED' && !task.targets
      ? signStep(task, predictedLabel(task), 'ascend', epsilon)
      : runOnce(task, linfBudget({ epsilon }), (left) => aimedStep(left, epsilon)),
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
  parameters: { epsilon: LINF_EPSILON },
  run: (task, { epsilon }) => signStep(task, leastLikelyLabel(task), 'descend', epsilon),
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
  parameters: { epsilon: LINF_EPSILON },
  run: (task, { epsilon }) => signStep(task, stepRndLabel(task), 'descend', epsilon),
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
      aimedStep(left, epsilon, { length: epsilon * randomShare, purpose: 'rand-fgsm.start' }),
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
    signStep(task, leastLikelyLabel(task), 'descend', epsilon, { length: epsilon * randomShare, purpose: 'step-ll-noise.start' }),
});

/** A random sign step of length α, which takes images out of the sharp curvature near the data that masks gradients (Tramèr et al. 2017). */
interface RandomStep {
  readonly length: number;
  readonly purpose: string;
}

/** Away from the true class, or towards the target. */
function aimedStep(task: AttackTask, epsilon: number, random?: RandomStep): Promise<AttackOutput> {
  const { labels, direction } = aim(task);
  return signStep(task, labels, direction, epsilon, random);
}

/** One gradient step, of what the random step leaves of ε. */
function signStep(task: AttackTask, labels: Int32Array, direction: Direction, epsilon: number, random?: RandomStep): Promise<AttackOutput> {
  const start = random && randomlyChanged(task, random.purpose, randomSigns(random.length));
  const alpha = random ? epsilon - random.length : epsilon;
  return projectedGradient(task, { norm: LINF, labels, direction, epsilon, alpha, steps: 1, start });
}
