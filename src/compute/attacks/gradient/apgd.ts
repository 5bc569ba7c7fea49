/**
 * Auto-PGD (Croce & Hein 2020): projected gradient ascent with inertia, whose step size is halved, for each example by itself, where progress stalls; it then
 * continues from the best point so far. It has no parameters to tune. In L1 its steps change few pixels (Croce & Hein 2021); see `apgd-rules.ts`.
 * @module
 */
import { boolean, integer } from '../../parameters/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { wrongClass } from '../core/labels.js';
import { dlrLoss, type ExampleLoss, logOddsLoss, targetedDlrLoss } from '../core/losses.js';
import { L1_EPSILON, L2_EPSILON, LINF_EPSILON, RESTARTS, TARGETS } from '../core/parameters.js';
import { CROCE_HEIN_2020, CROCE_HEIN_2021 } from '../core/references.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { apgd } from './apgd-climb.js';
import { type ApgdRule, halvingSteps, sparseSteps } from './apgd-rules.js';

export const APGD_STEPS = integer({
  default: 100,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps of each start.',
});

/** The default is that of AutoAttack's standard version in L1. */
const LARGE_REPS = boolean({
  default: true,
  description:
    "Whether each start takes three tenths of its steps in 3 ε and as many in 2 ε, before the others in ε (the authors' `use_largereps`). Images leave as fooled in ε alone.",
});

/** What a member of the family climbs. */
interface ApgdVariant {
  readonly description: string;
  readonly loss: ExampleLoss;
  /** How many of the highest logits the loss compares, where that is more than two. */
  readonly classes?: number;
}

const CE: ApgdVariant = {
  description: 'Auto-PGD on the cross-entropy: gradient ascent whose step size adapts to each example.',
  // The log-odds order images as the cross-entropy does, and have its direction of steepest ascent.
  loss: logOddsLoss,
};

const DLR: ApgdVariant = {
  description: 'Auto-PGD on the difference of logits ratio, which gradient masking by large logits does not fool. Needs three classes.',
  loss: dlrLoss,
  classes: 3,
};

/** The targeted form of DLR. */
const T: ApgdVariant = {
  description:
    'Auto-PGD towards the likeliest wrong classes, one after the other, on the targeted difference of logits ratio. Needs four classes.',
  loss: targetedDlrLoss,
  classes: 4,
};

/** A norm, and what APGD is like in it. */
interface Threat<Epsilon> {
  readonly rule: ApgdRule;
  readonly epsilon: Epsilon;
  readonly reference: AttackReference;
}

const WITHIN_LINF = { rule: halvingSteps(LINF), epsilon: LINF_EPSILON, reference: CROCE_HEIN_2020 };
const WITHIN_L2 = { rule: halvingSteps(L2), epsilon: L2_EPSILON, reference: CROCE_HEIN_2020 };
const WITHIN_L1 = { rule: sparseSteps, epsilon: L1_EPSILON, reference: CROCE_HEIN_2021 };

export const apgdCeLinf = untargeted({ kind: 'APGD_CE_LINF', name: 'apgdCeLinf', title: 'APGD-CE, L∞' }, CE, WITHIN_LINF);
export const apgdCeL2 = untargeted({ kind: 'APGD_CE_L2', name: 'apgdCeL2', title: 'APGD-CE, L2' }, CE, WITHIN_L2);
export const apgdCeL1 = untargeted({ kind: 'APGD_CE_L1', name: 'apgdCeL1', title: 'APGD-CE, L1' }, CE, WITHIN_L1);
export const apgdDlrLinf = untargeted({ kind: 'APGD_DLR_LINF', name: 'apgdDlrLinf', title: 'APGD-DLR, L∞' }, DLR, WITHIN_LINF);
export const apgdDlrL2 = untargeted({ kind: 'APGD_DLR_L2', name: 'apgdDlrL2', title: 'APGD-DLR, L2' }, DLR, WITHIN_L2);
export const apgdDlrL1 = untargeted({ kind: 'APGD_DLR_L1', name: 'apgdDlrL1', title: 'APGD-DLR, L1' }, DLR, WITHIN_L1);
export const apgdTLinf = targeted({ kind: 'APGD_T_LINF', name: 'apgdTLinf', title: 'APGD-T, L∞' }, T, WITHIN_LINF);
export const apgdTL2 = targeted({ kind: 'APGD_T_L2', name: 'apgdTL2', title: 'APGD-T, L2' }, T, WITHIN_L2);
export const apgdTL1 = targeted({ kind: 'APGD_T_L1', name: 'apgdTL1', title: 'APGD-T, L1' }, T, WITHIN_L1);

type Names = Pick<AttackDefinition, 'kind' | 'name' | 'title'>;
type AnyThreat = Threat<typeof LINF_EPSILON | typeof L2_EPSILON | typeof L1_EPSILON>;

/** What members have in common, whatever their parameters. */
function member(names: Names, { description, classes }: ApgdVariant, { rule: { norm, isSparse }, reference }: AnyThreat) {
  return {
    ...names,
    description: isSparse
      ? `${description} Steps change as few pixels as help, and stay in the intersection of the ball and the range.`
      : description,
    classes,
    access: 'GRADIENT',
    norms: [norm.norm],
    reference,
    budget: within(norm.norm),
  } as const;
}

/** Parameters of every member. Large repetitions are of L1 alone. */
function shared({ epsilon, rule }: AnyThreat) {
  return { epsilon, steps: APGD_STEPS, ...(rule.isSparse ? { largeReps: LARGE_REPS } : {}) };
}

/** Away from the true class, from random starts. */
function untargeted(names: Names, variant: ApgdVariant, threat: AnyThreat): AttackDefinition {
  return defineAttack({
    ...member(names, variant, threat),
    targeted: false,
    parameters: { ...shared(threat), restarts: RESTARTS },
    run(task, { epsilon, steps, restarts, largeReps = false }) {
      const starts = Array.from({ length: restarts }, () => (left: AttackTask) => left.labels);
      return apgd(task, { rule: threat.rule, loss: variant.loss, epsilon, steps, largeReps }, starts);
    },
  });
}

/** One start for each of the likeliest wrong classes, most likely first (section 4). */
function targeted(names: Names, variant: ApgdVariant, threat: AnyThreat): AttackDefinition {
  return defineAttack({
    ...member(names, variant, threat),
    targeted: true,
    parameters: { ...shared(threat), targets: TARGETS },
    run(task, { epsilon, steps, targets, largeReps = false }) {
      const count = Math.min(targets, task.model.spec.classCount - 1);
      const starts = Array.from({ length: count }, (_, rank) => (left: AttackTask) => wrongClass(left, rank));
      return apgd(task, { rule: threat.rule, loss: variant.loss, epsilon, steps, largeReps }, starts);
    },
  });
}
