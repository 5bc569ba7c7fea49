/** APGD-T: one start for each of the likeliest wrong classes, most likely first (Croce & Hein 2020, section 4). @module */
import { APGD_STEPS, apgd, requireClasses } from './apgd.js';
import { TARGETS } from '../core/parameters.js';
import { wrongClass } from '../core/labels.js';
import { targetedDlrLoss } from '../core/losses.js';
import type { BudgetNorm } from '../norms/types.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

export const APGD_TARGETED_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { steps: APGD_STEPS, targets: TARGETS };

export async function apgdTargeted(task: AttackTask, parameters: ParameterValues, norm: BudgetNorm, budget: Budget): Promise<AttackOutput> {
  requireClasses(task, 4, 'APGD-T');
  const count = Math.min(parameters['targets'] as number, task.model.spec.classCount - 1);
  const starts = Array.from({ length: count }, (_, rank) => (left: AttackTask) => wrongClass(left, rank));
  return apgd(task, { norm, budget, loss: targetedDlrLoss, steps: parameters['steps'] as number, starts });
}
