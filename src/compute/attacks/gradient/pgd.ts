/**
 * Projected gradient descent (Madry et al. 2017): steps along the steepest direction of a norm from a random point of the budget, again from another point
 * where that did not fool the model, or did not reach the target.
 * @module
 */
import { ComputeError } from '../../errors.js';
import { boolean, integer, real, type ValuesOf } from '../../parameters/index.js';
import { gather } from '../../tensors/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { hasTarget, TARGET_PARAMETERS } from '../core/labels.js';
import { L1_EPSILON, L2_EPSILON, LINF_EPSILON, RESTARTS, SMALLEST_STEP } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { randomPoint } from '../core/random-images.js';
import { MADRY_2017 } from '../core/references.js';
import { Survivors } from '../core/survivors.js';
import { stepInWholeLevels } from '../core/whole-levels.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';
import { classesOfLoss, GRADIENT_OPTIONS, planOf } from './options.js';

const TRAMER_BONEH_2019: AttackReference = {
  title: 'Adversarial Training and Robustness for Multiple Perturbations',
  authors: 'Tramèr, Boneh',
  year: 2019,
  link: 'arXiv:1904.13000',
};

const PARAMETERS = {
  steps: integer({
    default: 40,
    minimum: 1,
    maximum: 10_000,
    description: 'Number of steps of each start. The paper takes 40 for MNIST and 20 for CIFAR-10.',
  }),
  alpha: real({
    minimum: SMALLEST_STEP,
    maximum: 100_000,
    description:
      'Length of one step, in the units of ε. Absent: `relativeAlpha` says it; without either 2.5 ε / steps, as in the paper, so that every point of the budget is in reach.',
  }),
  relativeAlpha: real({
    minimum: SMALLEST_STEP,
    maximum: 100_000,
    description: 'Length of one step as a share of ε, as other implementations have it: 0.1 is ε / 10. Not together with `alpha`.',
  }),
  randomStart: boolean({
    default: true,
    description:
      'Whether each start is a random point of the budget, drawn uniformly from its ball, as in the paper; else the image itself, once, whatever `restarts` says.',
  }),
  restarts: RESTARTS,
  ...GRADIENT_OPTIONS,
  ...TARGET_PARAMETERS,
};

export const pgdLinf = pgdWithin(LINF, LINF_EPSILON, {
  kind: 'PGD',
  name: 'pgd',
  title: 'PGD, L∞',
  description: 'Projected gradient descent from random starts: steps along the sign of the gradient, clipped to the budget after each.',
  reference: MADRY_2017,
});

export const pgdL2 = pgdWithin(L2, L2_EPSILON, {
  kind: 'PGD_L2',
  name: 'pgdL2',
  title: 'PGD, L2',
  description:
    'Projected gradient descent from random starts: steps along the normalised gradient, brought back into the L2 ball after each.',
  reference: MADRY_2017,
});

/** With the sparse steps of Tramèr & Boneh 2019 (SLIDE). */
export const pgdL1 = pgdWithin(L1, L1_EPSILON, {
  kind: 'PGD_L1',
  name: 'pgdL1',
  title: 'PGD, L1',
  description:
    'Projected gradient descent from random starts: steps that change the hundredth of the pixels with the largest gradients, projected onto the L1 ball after each.',
  reference: TRAMER_BONEH_2019,
});

function pgdWithin(
  norm: BudgetNorm,
  epsilon: typeof LINF_EPSILON,
  about: Pick<AttackDefinition, 'kind' | 'name' | 'title' | 'description' | 'reference'>,
): AttackDefinition {
  return defineAttack({
    ...about,
    access: 'GRADIENT',
    norms: [norm.norm],
    targeted: true,
    parameters: { epsilon, ...PARAMETERS },
    budget: within(norm.norm),
    classesOf: (parameters) => classesOfLoss(parameters, hasTarget(parameters)),
    check({ alpha, relativeAlpha }) {
      if (alpha === undefined || relativeAlpha === undefined) return;
      const message = 'Both "alpha" and "relativeAlpha" say how long a step is. Leave one of them out.';
      throw new ComputeError('INVALID_ATTACK', message, ['relativeAlpha']);
    },
    run: (task, parameters) => pgd(task, norm, parameters.epsilon, parameters),
  });
}

async function pgd(
  task: AttackTask,
  norm: BudgetNorm,
  epsilon: number,
  { steps, alpha: given, relativeAlpha, randomStart, restarts, ...options }: ValuesOf<typeof PARAMETERS>,
): Promise<AttackOutput> {
  const survivors = new Survivors(task, { norm: norm.norm, epsilon });
  const alpha = given ?? (relativeAlpha === undefined ? (2.5 * epsilon) / steps : relativeAlpha * epsilon);
  const starts = randomStart ? restarts : 1;
  for (let restart = 0; restart < starts && survivors.count > 0; restart++) {
    const left = survivors.task();
    const start = randomStart ? randomPoint(left, `pgd.start.${restart}`, norm, epsilon) : left.images;
    const { images, queries, gradients } = await projectedGradient(left, { ...planOf(left, options), norm, epsilon, alpha, steps, start });
    survivors.spend(queries, gradients);
    const staying = await survivors.release(images);
    await stepInWholeLevels(survivors, gather(images, staying), { norm: norm.norm, epsilon });
  }
  return survivors.output();
}
