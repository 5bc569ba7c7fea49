/** Runs of APGD on a batch, from one start after the other. @module */
import { argmaxRows, gather, type HostTensor } from '../../tensors/index.js';
import type { AttackOutput, AttackTask, LabelChoice } from '../core/definition.js';
import type { ExampleLoss } from '../core/losses.js';
import { Survivors } from '../core/survivors.js';
import { stepInWholeLevels } from '../core/whole-levels.js';
import { changedPixels, type ApgdRule, FIRST_SHARE, shareFor } from './apgd-rules.js';
import { advance, type ApgdState, type ApgdStepResult, keepRows, stateAt } from './apgd-state.js';
import { type ApgdStep, compileApgdStep } from './apgd-step.js';

export interface ApgdPlan {
  readonly rule: ApgdRule;
  readonly loss: ExampleLoss;
  readonly epsilon: number;
  /** Of each start. */
  readonly steps: number;
  /** Whether a start takes its first steps in larger budgets. */
  readonly largeReps: boolean;
}

/** Steps within one budget. */
interface Phase {
  readonly epsilon: number;
  readonly steps: number;
}

/**
 * Every start works on the examples that are still correctly classified; an example that is fooled leaves at once.
 * @param starts the classes that each aims at; losses without a target do not heed them.
 */
export async function apgd(task: AttackTask, plan: ApgdPlan, starts: readonly LabelChoice[]): Promise<AttackOutput> {
  const survivors = new Survivors(task, budgetOf(plan));
  const move = await compileApgdStep(task, plan.rule, plan.loss);
  for (const [index, targetsOf] of starts.entries()) {
    if (survivors.count > 0) await climbFrom(`apgd.start.${index}`, survivors, targetsOf(survivors.task()), plan, move);
  }
  return survivors.output();
}

const budgetOf = ({ rule, epsilon }: ApgdPlan) => ({ norm: rule.norm.norm, epsilon });

/** One start: a random image, and all steps from there. @param purpose names the random draws. */
async function climbFrom(
  purpose: string,
  survivors: Survivors,
  targets: Int32Array,
  plan: ApgdPlan,
  move: (move: ApgdStep) => Promise<ApgdStepResult>,
): Promise<void> {
  const phases = phasesOf(plan);
  let start: HostTensor = plan.rule.start(survivors.task(), purpose, phases[0]!.epsilon);
  for (const [index, phase] of phases.entries()) {
    const isLast = index === phases.length - 1;
    // No example leaves while the budget is too large.
    const released = isLast ? releaseFooled : (_: Survivors, state: ApgdState) => Promise.resolve(state);
    const state = await climb({ survivors, targets, plan, phase, start, isFound: phases.length > 1, move, released });
    if (survivors.count === 0) return;
    start = state.best;
  }
  const staying = await survivors.release(start);
  await stepInWholeLevels(survivors, gather(start, staying), budgetOf(plan));
}

/** The budgets of a start, and the steps in each (Croce & Hein 2021, section 3.3): three tenths in 3 ε and in 2 ε, the others in ε. */
function phasesOf({ epsilon, steps, largeReps }: ApgdPlan): readonly Phase[] {
  if (!largeReps) return [{ epsilon, steps }];
  const part = Math.ceil(0.3 * steps);
  return [
    { epsilon: 3 * epsilon, steps: part },
    { epsilon: 2 * epsilon, steps: part },
    { epsilon, steps: Math.max(1, steps - 2 * part) },
  ];
}

interface Climb {
  readonly survivors: Survivors;
  readonly targets: Int32Array;
  readonly plan: ApgdPlan;
  readonly phase: Phase;
  readonly start: HostTensor;
  /** Whether the number of pixels that the start changes says how many a sparse step is to change. */
  readonly isFound: boolean;
  move(move: ApgdStep): Promise<ApgdStepResult>;
  released(survivors: Survivors, state: ApgdState, scores: HostTensor): Promise<ApgdState>;
}

/** Steps within one budget. @returns where the examples are that it did not let go of. */
async function climb({ survivors, targets, plan: { rule }, phase: { epsilon, steps }, ...climbing }: Climb): Promise<ApgdState> {
  const { start, isFound, move, released } = climbing;
  const task = survivors.task();
  const n = task.labels.length;
  const still = {
    original: task.images,
    labels: task.labels,
    targets,
    current: start,
    previous: start,
    gradient: { ...start, data: new Float32Array(start.data.length) },
    steps: new Float32Array(n),
    shares: new Float32Array(n),
  };
  const first = await move({ ...still, epsilon, blend: 1 });
  survivors.spend(1, 1);
  const changed = isFound ? changedPixels(first.images, task.images) : new Float32Array(n).fill(start.data.length / n);
  const shares = isFound ? changed.map((count) => shareFor(count, start)) : new Float32Array(n).fill(FIRST_SHARE);
  const largest = rule.firstStep * epsilon;
  const begun = { targets, steps: new Float32Array(n).fill(largest), shares, changed };
  let state = await released(survivors, stateAt(first, task, begun), first.scores);
  const checkpoints = new Set(rule.checkpoints(steps));
  let checked = 0;
  for (let step = 1; step <= steps && survivors.count > 0; step++) {
    const moved = await move({ ...state, epsilon, blend: step === 1 ? 1 : rule.blend });
    survivors.spend(1, 1);
    state = await released(survivors, advance(state, moved), moved.scores);
    if (!checkpoints.has(step)) continue;
    rule.adapt(state, step - checked, largest);
    checked = step;
  }
  return state;
}

/** Lets go of the examples that the model gets wrong. @param scores at `current`. */
async function releaseFooled(survivors: Survivors, state: ApgdState, scores: HostTensor): Promise<ApgdState> {
  const predicted = argmaxRows(scores);
  const suspects = Int32Array.from(state.labels.keys()).filter((row) => predicted[row] !== state.labels[row]);
  if (suspects.length === 0) return state;
  const staying = await survivors.release(state.current, suspects);
  return staying.length === state.labels.length ? state : keepRows(state, staying);
}
