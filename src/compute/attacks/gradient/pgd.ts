/**
 * Projected gradient descent (Madry et al. 2017): steps along the steepest direction of a norm from a random point of the budget, again from another point
 * where that did not fool the model, or did not reach the target.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { gather } from '../../tensors/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { L1_EPSILON, L2_EPSILON, LINF_EPSILON, RESTARTS } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { randomlyChanged } from '../core/random-images.js';
import { MADRY_2017 } from '../core/references.js';
import { Survivors } from '../core/survivors.js';
import { stepInWholeLevels } from '../core/whole-levels.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';

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
    minimum: 0,
    maximum: 100_000,
    description:
      'Length of one step, in the units of ε. Absent: 2.5 ε / steps, as in the paper, so that every point of the budget is in reach.',
  }),
  restarts: RESTARTS,
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
    run: (task, parameters) => pgd(task, norm, parameters.epsilon, parameters),
  });
}

async function pgd(
  task: AttackTask,
  norm: BudgetNorm,
  epsilon: number,
  { steps, alpha = (2.5 * epsilon) / steps, restarts }: ValuesOf<typeof PARAMETERS>,
): Promise<AttackOutput> {
  const survivors = new Survivors(task, { norm: norm.norm, epsilon });
  for (let restart = 0; restart < restarts && survivors.count > 0; restart++) {
    const left = survivors.task();
    const start = randomlyChanged(left, `pgd.start.${restart}`, (stream, size) =>
      norm.randomChange(stream, size).map((value) => value * epsilon),
    );
    const { images } = await projectedGradient(left, { ...aim(left), norm, epsilon, alpha, steps, start });
    survivors.spend(steps, steps);
    const staying = await survivors.release(images);
    await stepInWholeLevels(survivors, gather(images, staying), { norm: norm.norm, epsilon });
  }
  return survivors.output();
}
