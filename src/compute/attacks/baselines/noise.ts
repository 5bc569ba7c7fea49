/** Noise baselines: they ask the model nothing. An attack that does no better than they do is broken. @module */
import { truncatedNormal } from '../../random.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { defineAttack, type AttackOutput, type AttackReference, type AttackTask } from '../core/definition.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { randomlyChanged, randomSigns, type DrawChange } from '../core/random-images.js';
import { KURAKIN_2016_SCALE } from '../core/references.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';

const RAUBER_2017: AttackReference = {
  title: 'Foolbox: A Python toolbox to benchmark the robustness of machine learning models',
  authors: 'Rauber, Brendel, Bethge',
  year: 2017,
  link: 'arXiv:1707.04131',
};

const BASELINE = { access: 'NONE', targeted: false } as const;
const WITHIN_LINF = { ...BASELINE, norms: ['LINF'], parameters: { epsilon: LINF_EPSILON }, budget: linfBudget } as const;
const WITHIN_L2 = { ...BASELINE, norms: ['L2'], parameters: { epsilon: L2_EPSILON }, budget: l2Budget } as const;

/** `X + ε · sign N(0, I)`, what FGSM must beat (Kurakin et al. 2016, appendix A). */
export const randomSignNoise = defineAttack({
  ...WITHIN_LINF,
  kind: 'RANDOM_SIGN_NOISE',
  name: 'randomSignNoise',
  title: 'Sign of random noise',
  description: 'Every pixel value goes up or down by ε at random: a baseline that uses nothing of the model.',
  reference: KURAKIN_2016_SCALE,
  run: (task, { epsilon }) => noise(task, 'random-sign-noise', randomSigns(epsilon)),
});

/** A normal distribution with σ = ε/2, truncated to [-ε, ε] (Kurakin et al. 2016, appendix A). */
export const truncatedNormalNoise = defineAttack({
  ...WITHIN_LINF,
  kind: 'TRUNCATED_NORMAL_NOISE',
  name: 'truncatedNormalNoise',
  title: 'Truncated normal noise',
  description: 'Noise from a normal distribution of standard deviation ε/2, truncated to ±ε: a baseline that uses nothing of the model.',
  reference: KURAKIN_2016_SCALE,
  run: (task, { epsilon }) =>
    noise(task, 'truncated-normal-noise', (stream, size) =>
      Float32Array.from({ length: size }, () => truncatedNormal(stream, epsilon / 2, -epsilon, epsilon)),
    ),
});

/** Uniform in [-ε, ε]. */
export const uniformNoise = defineAttack({
  ...WITHIN_LINF,
  kind: 'UNIFORM_NOISE',
  name: 'uniformNoise',
  title: 'Uniform noise',
  description: 'Noise that is uniform between -ε and ε: a baseline that uses nothing of the model.',
  reference: RAUBER_2017,
  run: (task, { epsilon }) =>
    noise(task, 'uniform-noise', (stream, size) => LINF.randomChange(stream, size).map((value) => value * epsilon)),
});

/** Gaussian noise, scaled to the length ε: a uniformly random direction. */
export const gaussianNoise = defineAttack({
  ...WITHIN_L2,
  kind: 'GAUSSIAN_NOISE',
  name: 'gaussianNoise',
  title: 'Gaussian noise',
  description: 'Gaussian noise scaled to a Euclidean length of ε: a baseline that uses nothing of the model.',
  reference: RAUBER_2017,
  run: (task, { epsilon }) =>
    noise(task, 'gaussian-noise', (stream, size) => {
      const change = Float32Array.from({ length: size }, () => stream.normal());
      const factor = epsilon / L2.length(change);
      return change.map((value) => value * factor);
    }),
});

function noise(task: AttackTask, purpose: string, draw: DrawChange): Promise<AttackOutput> {
  const n = task.labels.length;
  return Promise.resolve({ images: randomlyChanged(task, purpose, draw), queries: new Int32Array(n), gradients: new Int32Array(n) });
}
