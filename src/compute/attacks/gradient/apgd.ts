/**
 * Auto-PGD (Croce & Hein 2020): projected gradient ascent with inertia, whose step size is halved, for each example by itself, where progress stalls; it then
 * goes on from the best point so far. Nothing to tune.
 * @module
 */
import type { HostTensor } from '../../tensors/types.js';
import { ComputeError } from '../../errors.js';
import { argmaxRows } from '../../tensors/scores.js';
import { compileMove, type Move, type Moved } from './apgd-step.js';
import type { ExampleLoss } from '../core/losses.js';
import type { BudgetNorm } from '../norms/types.js';
import { randomlyChanged } from '../core/random-images.js';
import { gather } from '../../tensors/rows.js';
import { Survivors } from '../core/survivors.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

export const APGD_STEPS: NumberParameter = {
  type: 'integer',
  default: 100,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps of each start.',
};

/** ρ: an example whose loss rose in fewer than this share of the steps since the last checkpoint gets half the step size. */
const SHARE_OF_RISES = 0.75;

/** α: weight of the gradient step against inertia, after the first step. */
const BLEND = 0.75;

export interface ApgdPlan {
  readonly norm: BudgetNorm;
  readonly budget: Budget;
  readonly loss: ExampleLoss;
  readonly steps: number;
  /** One for each start: classes to aim at, for losses that have a target. Default: none. */
  readonly starts: readonly ((task: AttackTask) => Int32Array)[];
}

/** Every start works on the examples that the ones before left standing; an example that is fooled leaves at once. */
export async function apgd(task: AttackTask, plan: ApgdPlan): Promise<AttackOutput> {
  const survivors = new Survivors(task, plan.budget);
  const move = await compileMove(task, plan.norm, plan.loss);
  for (const [index, targetsOf] of plan.starts.entries()) {
    if (survivors.count > 0) await run(survivors, plan, move, `apgd.start.${index}`, targetsOf(survivors.task()));
  }
  return survivors.output();
}

/** An attack without a target, whose parameters are `steps` and `restarts`. */
export function apgdUntargeted(
  task: AttackTask,
  { steps, restarts }: ParameterValues,
  norm: BudgetNorm,
  budget: Budget,
  loss: ExampleLoss,
): Promise<AttackOutput> {
  const starts = Array.from({ length: restarts as number }, () => (left: AttackTask) => left.labels);
  return apgd(task, { norm, budget, loss, steps: steps as number, starts });
}

/** @throws ComputeError INVALID_ATTACK where a loss needs more classes than the model has. */
export function requireClasses({ model }: AttackTask, count: number, title: string): void {
  if (model.spec.classCount >= count) return;
  const message = `${title} compares the ${count} highest logits, and the model has ${model.spec.classCount} classes. Use PGD or APGD-CE.`;
  throw new ComputeError('INVALID_ATTACK', message, ['kind']);
}

async function run(
  survivors: Survivors,
  { norm, budget, steps }: ApgdPlan,
  move: (move: Move) => Promise<Moved>,
  purpose: string,
  targets: Int32Array,
): Promise<void> {
  const { epsilon } = budget;
  const task = survivors.task();
  const start = randomlyChanged(task, purpose, (stream, size) => {
    const change = norm.randomChange(stream, size);
    const factor = epsilon / Math.max(norm.length(change), Number.MIN_VALUE);
    return change.map((value) => value * factor);
  });
  const zeros = { ...start, data: new Float32Array(start.data.length) };
  const still = { original: task.images, current: start, previous: start, gradient: zeros };
  const first = await move({ ...still, labels: task.labels, targets, epsilon, steps: new Float32Array(task.labels.length), blend: 1 });
  survivors.spend(1, 1);
  let climb = await releaseFooled(survivors, startOf(first, task, targets, 2 * epsilon), first.scores);
  const checkpoints = new Set(checkpointsOf(steps));
  let checked = 0;
  for (let step = 1; step <= steps && survivors.count > 0; step++) {
    const { original, current, previous, gradient, labels } = climb;
    const blend = step === 1 ? 1 : BLEND;
    const moved = await move({ original, current, previous, gradient, labels, targets: climb.targets, epsilon, steps: climb.steps, blend });
    survivors.spend(1, 1);
    climb = await releaseFooled(survivors, advance(climb, moved), moved.scores);
    if (!checkpoints.has(step)) continue;
    halveWhereStalled(climb, step - checked);
    checked = step;
  }
  if (survivors.count > 0) await survivors.release(climb.best);
}

/** Where every example of a run is. All members have one row an example. */
interface Climb {
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

function startOf({ images, gradient, losses }: Moved, { images: original, labels }: AttackTask, targets: Int32Array, step: number): Climb {
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

function advance(climb: Climb, { images, gradient, losses }: Moved): Climb {
  for (const [row, loss] of losses.entries()) {
    if (loss > climb.losses[row]!) climb.rises[row]!++;
    if (!(loss > climb.bestLosses[row]!)) continue;
    climb.bestLosses[row] = loss;
    copyRow(climb.best, images, row);
    copyRow(climb.bestGradient, gradient, row);
  }
  return { ...climb, current: images, previous: climb.current, gradient, losses };
}

/** The paper's two conditions, for each example by itself. @param since steps since the last checkpoint. */
function halveWhereStalled(climb: Climb, since: number): void {
  for (const row of climb.labels.keys()) {
    const rarelyRose = climb.rises[row]! <= SHARE_OF_RISES * since;
    const noBetter = climb.halved[row] === 0 && climb.bestAtCheckpoint[row]! >= climb.bestLosses[row]!;
    climb.halved[row] = Number(rarelyRose || noBetter);
    climb.bestAtCheckpoint[row] = climb.bestLosses[row]!;
    climb.rises[row] = 0;
    if (climb.halved[row] === 0) continue;
    climb.steps[row]! /= 2;
    copyRow(climb.current, climb.best, row);
    copyRow(climb.gradient, climb.bestGradient, row);
  }
}

/** Lets go of the examples that the model gets wrong. @param scores at `current`. */
async function releaseFooled(survivors: Survivors, climb: Climb, scores: HostTensor): Promise<Climb> {
  const predicted = argmaxRows(scores);
  const suspects = Int32Array.from(climb.labels.keys()).filter((row) => predicted[row] !== climb.labels[row]);
  if (suspects.length === 0) return climb;
  const staying = await survivors.release(climb.current, suspects);
  return staying.length === climb.labels.length ? climb : keepRows(climb, staying);
}

function keepRows(climb: Climb, rows: Int32Array): Climb {
  const kept = Object.entries(climb).map(([name, value]: [string, HostTensor | Int32Array | Float32Array | Uint8Array]) => {
    return [
      name,
      ArrayBuffer.isView(value) ? gather({ dtype: 'float32', shape: [value.length], data: value }, rows).data : gather(value, rows),
    ];
  });
  return Object.fromEntries(kept) as Climb;
}

function copyRow(to: HostTensor, from: HostTensor, row: number): void {
  const size = to.data.length / to.shape[0]!;
  to.data.set(from.data.subarray(row * size, (row + 1) * size), row * size);
}

/** Steps after which progress is judged: the first after 22 % of all, then at intervals that shrink by 3 % down to 6 % (section 3). */
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
