/** Options of attacks that take one step. @module */
import { boolean, magnitude, type ValuesOf } from '../../parameters/index.js';
import type { AttackTask } from '../core/definition.js';
import type { ProjectedGradientPlan } from '../core/projected-gradient.js';
import { randomlyChanged } from '../core/random-images.js';
import type { BudgetNorm } from '../norms/types.js';

/** The defaults are Goodfellow et al. 2014's, and those of other implementations. With a random start of 1.25 ε it is the step of Wong et al. 2020. */
export const STEP_OPTIONS = {
  alpha: magnitude({
    optional: true,
    minimum: 0,
    maximum: 1000,
    description:
      'α: length of the step, in the units of ε; what goes beyond the budget is cut off. Absent: ε. Fast adversarial training (arXiv 2001.03994) takes 1.25 ε from a random start.',
  }),
  randomStart: boolean({
    default: false,
    description: 'Whether the step starts at a random point of the budget, uniform in it, and not at the image itself.',
  }),
};

/** Where the step starts from, and its length. @param purpose names the random draws. */
export function stepOf(
  task: AttackTask,
  norm: BudgetNorm,
  { epsilon, alpha = epsilon, randomStart }: ValuesOf<typeof STEP_OPTIONS> & { readonly epsilon: number },
  purpose: string,
): Pick<ProjectedGradientPlan, 'epsilon' | 'alpha' | 'steps' | 'start'> {
  const draw = (...given: Parameters<BudgetNorm['randomChange']>) => norm.randomChange(...given).map((value) => value * epsilon);
  return { epsilon, alpha, steps: 1, ...(randomStart ? { start: randomlyChanged(task, purpose, draw) } : {}) };
}
