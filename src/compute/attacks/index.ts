/** Adversarial attacks, in families; registry.ts lists them. @module */
export { checkAccess, checkClasses } from './core/access.js';
export { ATTACK_DISTANCES } from './core/definition.js';
export type {
  Access,
  AttackDefinition,
  AttackDescription,
  AttackDistance,
  AttackedModel,
  LabelChoice,
  SubstituteTraining as Lessons,
  AttackOutput,
  AttackReference,
  AttackStage,
  AttackTask,
  Preparation,
} from './core/definition.js';
export { checkTargetCount, checkTargets, withoutTargets } from './core/labels.js';
export { corruption } from './natural/corruption.js';
export { colourDistances } from './semantic/colours.js';
export { signLoss } from './core/losses.js';
export { GOODFELLOW_2014, KURAKIN_2016_SCALE, MADRY_2017, TRAMER_2017 } from './core/references.js';
export { attackTask } from './core/task.js';
export { type AttackProgress, WorkMeter } from './core/work-meter.js';
export { paperIterations } from './gradient/iterative.js';
export { L1 } from './norms/l1.js';
export { L2 } from './norms/l2.js';
export { LINF } from './norms/linf.js';
export type { BudgetNorm } from './norms/types.js';
export { attackAsRun, attacks, findAttack } from './registry.js';
