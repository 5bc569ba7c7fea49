/**
 * Auto-PGD (Croce & Hein 2020): projected gradient ascent with inertia, whose step size is halved, for each example by itself, where progress stalls; it then
 * continues from the best point so far. It has no parameters to tune.
 * @module
 */
import { integer } from '../../parameters/index.js';
import { argmaxRows, gather, type HostTensor } from '../../tensors/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackTask, defineAttack, type LabelChoice } from '../core/definition.js';
import { wrongClass } from '../core/labels.js';
import { dlrLoss, type ExampleLoss, logOddsLoss, targetedDlrLoss } from '../core/losses.js';
import { L2_EPSILON, LINF_EPSILON, RESTARTS, TARGETS } from '../core/parameters.js';
import { randomlyChanged } from '../core/random-images.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import { Survivors } from '../core/survivors.js';
import { stepInWholeLevels } from '../core/whole-levels.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';
import { compileApgdStep, type ApgdStep, type ApgdStepResult } from './apgd-step.js';

export const APGD_STEPS = integer({
  default: 100,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps of each start.',
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

const WITHIN_LINF = { norm: LINF, epsilon: LINF_EPSILON };
const WITHIN_L2 = { norm: L2, epsilon: L2_EPSILON };

export const apgdCeLinf = untargeted({ kind: 'APGD_CE_LINF', name: 'apgdCeLinf', title: 'APGD-CE, L∞' }, CE, WITHIN_LINF);
export const apgdCeL2 = untargeted({ kind: 'APGD_CE_L2', name: 'apgdCeL2', title: 'APGD-CE, L2' }, CE, WITHIN_L2);
export const apgdDlrLinf = untargeted({ kind: 'APGD_DLR_LINF', name: 'apgdDlrLinf', title: 'APGD-DLR, L∞' }, DLR, WITHIN_LINF);
export const apgdDlrL2 = untargeted({ kind: 'APGD_DLR_L2', name: 'apgdDlrL2', title: 'APGD-DLR, L2' }, DLR, WITHIN_L2);
export const apgdTLinf = targeted({ kind: 'APGD_T_LINF', name: 'apgdTLinf', title: 'APGD-T, L∞' }, T, WITHIN_LINF);
export const apgdTL2 = targeted({ kind: 'APGD_T_L2', name: 'apgdTL2', title: 'APGD-T, L2' }, T, WITHIN_L2);

type Names = Pick<AttackDefinition, 'kind' | 'name' | 'title'>;

/** What members have in common, whatever their parameters. */
function member(names: Names, { description, classes }: ApgdVariant, { norm }: typeof WITHIN_LINF) {
  return {
    ...names,
    description,
    classes,
    access: 'GRADIENT',
    norms: [norm.norm],
    reference: CROCE_HEIN_2020,
    budget: within(norm.norm),
  } as const;
}

/** Away from the true class, from random starts. */
function untargeted(names: Names, variant: ApgdVariant, threat: typeof WITHIN_LINF): AttackDefinition {
  return defineAttack({
    ...member(names, variant, threat),
    targeted: false,
    parameters: { epsilon: threat.epsilon, steps: APGD_STEPS, restarts: RESTARTS },
    run(task, { epsilon, steps, restarts }) {
      const starts = Array.from({ length: restarts }, () => (left: AttackTask) => left.labels);
      return apgd(task, variant, { norm: threat.norm, epsilon, steps }, starts);
    },
  });
}

/** One start for each of the likeliest wrong classes, most likely first (section 4). */
function targeted(names: Names, variant: ApgdVariant, threat: typeof WITHIN_LINF): AttackDefinition {
  return defineAttack({
    ...member(names, variant, threat),
    targeted: true,
    parameters: { epsilon: threat.epsilon, steps: APGD_STEPS, targets: TARGETS },
    run(task, { epsilon, steps, targets }) {
      const count = Math.min(targets, task.model.spec.classCount - 1);
      const starts = Array.from({ length: count }, (_, rank) => (left: AttackTask) => wrongClass(left, rank));
      return apgd(task, variant, { norm: threat.norm, epsilon, steps }, starts);
    },
  });
}

/** ρ: an example whose loss rose in fewer than this share of the steps since the last checkpoint gets half the step size. */
const SHARE_OF_RISES = 0.75;

/** α: weight of the gradient step against inertia, after the first step. */
const BLEND = 0.75;

interface Plan {
  readonly norm: BudgetNorm;
  readonly epsilon: number;
  /** Of each start. */
  readonly steps: number;
}

/**
 * Every start works on the examples that are still correctly classified; an example that is fooled leaves at once.
 * @param starts the classes that each aims at; losses without a target do not heed them.
 */
async function apgd(task: AttackTask, variant: ApgdVariant, plan: Plan, starts: readonly LabelChoice[]): Promise<AttackOutput> {
  const survivors = new Survivors(task, { norm: plan.norm.norm, epsilon: plan.epsilon });
  const move = await compileApgdStep(task, plan.norm, variant.loss);
  for (const [index, targetsOf] of starts.entries()) {
    if (survivors.count > 0) await climbFrom(`apgd.start.${index}`, survivors, targetsOf(survivors.task()), plan, move);
  }
  return survivors.output();
}

/** One start: a random point at the end of the budget, and all steps from there. @param purpose names the random draws. */
async function climbFrom(
  purpose: string,
  survivors: Survivors,
  targets: Int32Array,
  { norm, epsilon, steps }: Plan,
  move: (move: ApgdStep) => Promise<ApgdStepResult>,
): Promise<void> {
  const task = survivors.task();
  const start = randomlyChanged(task, purpose, (stream, size) => {
    const change = norm.randomChange(stream, size);
    const factor = epsilon / Math.max(norm.length(change), Number.MIN_VALUE);
    return change.map((value) => value * factor);
  });
  const still = {
    original: task.images,
    labels: task.labels,
    targets,
    current: start,
    previous: start,
    gradient: { ...start, data: new Float32Array(start.data.length) },
    steps: new Float32Array(task.labels.length),
  };
  const first = await move({ ...still, epsilon, blend: 1 });
  survivors.spend(1, 1);
  let state = await releaseFooled(survivors, startOf(first, task, targets, 2 * epsilon), first.scores);
  const checkpoints = new Set(checkpointsOf(steps));
  let checked = 0;
  for (let step = 1; step <= steps && survivors.count > 0; step++) {
    const moved = await move({ ...state, epsilon, blend: step === 1 ? 1 : BLEND });
    survivors.spend(1, 1);
    state = await releaseFooled(survivors, advance(state, moved), moved.scores);
    if (!checkpoints.has(step)) continue;
    halveWhereStalled(state, step - checked);
    checked = step;
  }
  if (survivors.count === 0) return;
  const staying = await survivors.release(state.best);
  await stepInWholeLevels(survivors, gather(state.best, staying), { norm: norm.norm, epsilon });
}

/** Where every example of a run is. All members have one row an example. */
interface ApgdState {
  readonly original: HostTensor;
  readonly labels: Int32Array;
  readonly targets: Int32Array;
  readonly current: HostTensor;
  readonly previous: HostTensor;
  readonly gradient: HostTensor;
  readonly best: HostTensor;
  readonly bestGradient: HostTensor;
  readonly losses: Float32Array;
  readonly bestLosses: Float32Array;
  /** Step sizes. */
  readonly steps: Float32Array;
  /** Steps since the last checkpoint that raised the loss. */
  readonly rises: Int32Array;
  readonly bestAtCheckpoint: Float32Array;
  /** 1 where the step size was halved at the last checkpoint. */
  readonly halved: Uint8Array;
}

function startOf(
  { images, gradient, losses }: ApgdStepResult,
  { images: original, labels }: AttackTask,
  targets: Int32Array,
  step: number,
): ApgdState {
  const n = labels.length;
  const copy = (tensor: HostTensor): HostTensor => ({ ...tensor, data: tensor.data.slice() });
  return {
    original,
    labels,
    targets,
    current: images,
    previous: images,
    gradient,
    best: copy(images),
    bestGradient: copy(gradient),
    losses,
    bestLosses: losses.slice(),
    steps: new Float32Array(n).fill(step),
    rises: new Int32Array(n),
    bestAtCheckpoint: losses.slice(),
    halved: new Uint8Array(n).fill(1),
  };
}

function advance(state: ApgdState, { images, gradient, losses }: ApgdStepResult): ApgdState {
  for (const [row, loss] of losses.entries()) {
    if (loss > state.losses[row]!) state.rises[row]!++;
    if (!(loss > state.bestLosses[row]!)) continue;
    state.bestLosses[row] = loss;
    copyRow(state.best, images, row);
    copyRow(state.bestGradient, gradient, row);
  }
  return { ...state, current: images, previous: state.current, gradient, losses };
}

/** The paper's two conditions, for each example by itself. @param since steps since the last checkpoint. */
function halveWhereStalled(state: ApgdState, since: number): void {
  for (const row of state.labels.keys()) {
    const rarelyRose = state.rises[row]! <= SHARE_OF_RISES * since;
    const noBetter = state.halved[row] === 0 && state.bestAtCheckpoint[row]! >= state.bestLosses[row]!;
    state.halved[row] = Number(rarelyRose || noBetter);
    state.bestAtCheckpoint[row] = state.bestLosses[row]!;
    state.rises[row] = 0;
    if (state.halved[row] === 0) continue;
    state.steps[row]! /= 2;
    copyRow(state.current, state.best, row);
    copyRow(state.gradient, state.bestGradient, row);
  }
}

/** Lets go of the examples that the model gets wrong. @param scores at `current`. */
async function releaseFooled(survivors: Survivors, state: ApgdState, scores: HostTensor): Promise<ApgdState> {
  const predicted = argmaxRows(scores);
  const suspects = Int32Array.from(state.labels.keys()).filter((row) => predicted[row] !== state.labels[row]);
  if (suspects.length === 0) return state;
  const staying = await survivors.release(state.current, suspects);
  return staying.length === state.labels.length ? state : keepRows(state, staying);
}

function keepRows(state: ApgdState, rows: Int32Array): ApgdState {
  const kept = Object.entries(state).map(([name, value]: [string, HostTensor | Int32Array | Float32Array | Uint8Array]) => {
    return [
      name,
      ArrayBuffer.isView(value) ? gather({ dtype: 'float32', shape: [value.length], data: value }, rows).data : gather(value, rows),
    ];
  });
  return Object.fromEntries(kept) as ApgdState;
}

function copyRow(to: HostTensor, from: HostTensor, row: number): void {
  const size = to.data.length / to.shape[0]!;
  to.data.set(from.data.subarray(row * size, (row + 1) * size), row * size);
}

/** Steps after which progress is checked: the first after 22 % of all, then at intervals that shrink by 3 % down to 6 % (section 3). */
export function checkpointsOf(steps: number): number[] {
  const share = (part: number) => Math.max(1, Math.floor(part * steps));
  const checkpoints: number[] = [];
  let interval = share(0.22);
  for (let at = interval; at <= steps; at += interval) {
    checkpoints.push(at);
    interval = Math.max(interval - share(0.03), share(0.06));
  }
  return checkpoints;
}
