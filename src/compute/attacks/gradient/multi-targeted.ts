/** Multi-targeted PGD (Gowal et al. 2019): projected gradient ascent on the difference of two logits, towards one wrong class after the other. @module */
import { integer, type ValuesOf } from '../../parameters/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { wrongClass } from '../core/labels.js';
import { differenceLoss } from '../core/losses.js';
import { L2_EPSILON, LINF_EPSILON, RESTARTS, STEP_LENGTH, TARGETS } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { randomPoint } from '../core/random-images.js';
import { Survivors } from '../core/survivors.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';

const PARAMETERS = {
  steps: integer({ default: 20, minimum: 1, maximum: 10_000, description: 'Number of steps of each start. The paper takes 20 to 200.' }),
  alpha: STEP_LENGTH,
  targets: TARGETS,
  restarts: RESTARTS,
};

export const multiTargetedLinf = multiTargeted(LINF, LINF_EPSILON, {
  kind: 'MULTI_TARGETED_LINF',
  name: 'multiTargetedLinf',
  title: 'Multi-targeted PGD, L∞',
});

export const multiTargetedL2 = multiTargeted(L2, L2_EPSILON, {
  kind: 'MULTI_TARGETED_L2',
  name: 'multiTargetedL2',
  title: 'Multi-targeted PGD, L2',
});

function multiTargeted(
  norm: BudgetNorm,
  epsilon: typeof LINF_EPSILON,
  about: Pick<AttackDefinition, 'kind' | 'name' | 'title'>,
): AttackDefinition {
  return defineAttack({
    ...about,
    description:
      'Projected gradient steps that raise the logit of one wrong class over that of the true one, for one class after the other, from random starts.',
    access: 'GRADIENT',
    norms: [norm.norm],
    targeted: true,
    reference: {
      title: 'An Alternative Surrogate Loss for PGD-based Adversarial Testing',
      authors: 'Gowal, Uesato, Qin, Huang, Mann, Kohli',
      year: 2019,
      link: 'arXiv:1910.09338',
    },
    parameters: { epsilon, ...PARAMETERS },
    budget: within(norm.norm),
    run: (task, parameters) => ascend(task, norm, parameters.epsilon, parameters),
  });
}

async function ascend(
  task: AttackTask,
  norm: BudgetNorm,
  epsilon: number,
  { steps, alpha = (2.5 * epsilon) / steps, targets, restarts }: ValuesOf<typeof PARAMETERS>,
): Promise<AttackOutput> {
  const survivors = new Survivors(task, { norm: norm.norm, epsilon });
  const classes = Math.min(targets, task.model.spec.classCount - 1);
  for (let start = 0; start < restarts * classes && survivors.count > 0; start++) {
    const left = survivors.task();
    const { images, queries, gradients } = await projectedGradient(left, {
      norm,
      loss: { name: 'difference', of: differenceLoss },
      labels: left.labels,
      targets: wrongClass(left, start % classes),
      direction: 'ascend',
      ...{ epsilon, alpha, steps },
      start: randomPoint(left, `multi-targeted.start.${start}`, norm, epsilon),
    });
    survivors.spend(queries, gradients);
    await survivors.release(images);
  }
  return survivors.output();
}
