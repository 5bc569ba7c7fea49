/** Options that attacks by steps along the gradient of a loss share: the loss, and which iterate counts. @module */
import { boolean, choice, type ParameterValues } from '../../parameters/index.js';
import type { AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { dlrLoss, marginLoss, targetedDlrLoss } from '../core/losses.js';
import type { ProjectedGradientPlan } from '../core/projected-gradient.js';

const LOSSES = {
  CROSS_ENTROPY: 'The cross-entropy of the true class, or of the target (Madry et al. 2017).',
  MARGIN: 'The highest logit of the other classes less that of the true class, or of the target (Carlini and Wagner 2017, without a cap).',
  DLR: 'The difference of logits ratio, which does not change with the scale of the logits (Croce and Hein 2020). Needs three classes, and four with a target.',
} as const;

/** Of every member; the defaults are those of their papers. */
export const GRADIENT_OPTIONS = {
  loss: choice({
    enumName: 'GradientLoss',
    values: LOSSES,
    default: 'CROSS_ENTROPY',
    description: 'What the steps raise; towards a target, what they lower.',
  }),
  bestIterate: boolean({
    default: false,
    description:
      'Whether each start ends at the best of its iterates, the one furthest beyond the class boundary, for one more pass; else at the last, as in the paper and in other implementations.',
  }),
};

interface GradientOptions {
  readonly loss: keyof typeof LOSSES;
  readonly bestIterate: boolean;
}

/** Fewest classes of a model that the loss works on. */
export function classesOfLoss({ loss }: ParameterValues, isTargeted: boolean): number {
  if (loss !== 'DLR') return 1;
  return isTargeted ? 4 : 3;
}

/** What the options make of a plan. */
export function planOf(
  task: AttackTask,
  { loss, bestIterate: keepsBest }: GradientOptions,
): Pick<ProjectedGradientPlan, 'loss' | 'labels' | 'targets' | 'direction' | 'keepsBest'> {
  switch (loss) {
    case 'CROSS_ENTROPY':
      return { ...aim(task), keepsBest };
    case 'MARGIN':
      return { ...aim(task), keepsBest, loss: { name: 'margin', of: marginLoss } };
    case 'DLR': {
      const { labels, targets } = task;
      const of = targets ? targetedDlrLoss : dlrLoss;
      return { labels, targets, direction: 'ascend', keepsBest, loss: { name: 'dlr', of } };
    }
  }
}
