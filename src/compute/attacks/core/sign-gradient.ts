/** The family of Kurakin et al. 2016: steps along the sign of the loss gradient, inside an L∞ ball. @module */
import { LINF } from '../norms/linf.js';
import { projectedGradient, type ProjectedGradientPlan } from './projected-gradient.js';
import type { AttackOutput, AttackTask, LabelChoice } from './definition.js';

export interface SignGradientPlan extends Omit<ProjectedGradientPlan, 'labels' | 'norm'> {
  readonly label: LabelChoice;
}

export function signGradientAttack(task: AttackTask, { label, ...plan }: SignGradientPlan): Promise<AttackOutput> {
  return projectedGradient(task, { ...plan, norm: LINF, labels: label(task) });
}
