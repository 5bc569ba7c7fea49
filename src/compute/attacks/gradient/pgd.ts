/**
 * Projected gradient descent (Madry et al. 2017): steps along the steepest direction of a norm from a random point of the budget, again from another point
 * where that did not fool the model, or did not reach the target.
 * @module
 */
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import type { BudgetNorm } from '../norms/types.js';
import { RESTARTS } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { randomlyChanged } from '../core/random-images.js';
import { Survivors } from '../core/survivors.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 40,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps of each start. The paper takes 40 for MNIST and 20 for CIFAR-10.',
};

const ALPHA: NumberParameter = {
  type: 'number',
  minimum: 0,
  maximum: 100_000,
  description:
    'Length of one step, in the units of ε. Absent: 2.5 ε / steps, as in the paper, so that every point of the budget is in reach.',
};

/** Parameters of PGD beside ε. */
export const PGD_PARAMETERS: Readonly<Record<string, ParameterSpec>> = {
  steps: STEPS,
  alpha: ALPHA,
  restarts: RESTARTS,
  ...TARGET_PARAMETERS,
};

export async function pgd(task: AttackTask, parameters: ParameterValues, norm: BudgetNorm, budget: Budget): Promise<AttackOutput> {
  const { epsilon } = budget;
  const steps = parameters['steps'] as number;
  const alpha = (parameters['alpha'] as number | undefined) ?? (2.5 * epsilon) / steps;
  const survivors = new Survivors(task, budget);
  for (let restart = 0; restart < (parameters['restarts'] as number) && survivors.count > 0; restart++) {
    const left = survivors.task();
    const start = randomlyChanged(left, `pgd.start.${restart}`, (stream, size) =>
      norm.randomChange(stream, size).map((value) => value * epsilon),
    );
    const { images } = await projectedGradient(left, { ...aim(left), norm, epsilon, alpha, steps, start });
    survivors.spend(steps, steps);
    await survivors.release(images);
  }
  return survivors.output();
}
