/**
 * Search for the weight c that an attack gives to fooling the model, against the length of the change (Carlini & Wagner 2017): the smaller the c that still
 * does, the shorter the change. Each example has a c of its own.
 * @module
 */
import type { HostTensor } from '../../tensors/types.js';
import { foundBy, type Found, keepShorter, NOTHING, nothingFound, type Steps, takeSteps } from '../core/minimal-norm.js';
import { gatherAll } from '../../tensors/rows.js';
import { subtask } from '../core/survivors.js';
import type { AttackTask } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

export const SEARCH_STEPS: NumberParameter = {
  type: 'integer',
  default: 9,
  minimum: 1,
  maximum: 100,
  description: 'Values of c that are tried for each example: tenfold until one succeeds, then by bisection.',
};

export const INITIAL_CONSTANT: NumberParameter = {
  type: 'number',
  default: 1e-3,
  minimum: 1e-10,
  maximum: 1e10,
  description: 'c: weight of fooling the model against the length of the change, the first that is tried.',
};

export const CONFIDENCE: NumberParameter = {
  type: 'number',
  default: 0,
  minimum: 0,
  maximum: 1000,
  description:
    'κ: by how much the logit of a wrong class must exceed that of the true one, or that of the target all others. More transfers better, and needs longer changes.',
};

/** From as many search steps on, the last repeats the smallest c that fooled the model. */
const ENOUGH_TO_REPEAT = 10;

/** @param attempt an attack with given weights, `[n, 1, 1, 1]`. */
export async function searchConstant(
  task: AttackTask,
  steps: number,
  initial: number,
  attempt: (constants: HostTensor) => Promise<Found>,
): Promise<Found> {
  const n = task.labels.length;
  const rows = Int32Array.from(task.labels.keys());
  const all = nothingFound(task);
  let constants = new Float32Array(n).fill(initial);
  const [low, high] = [new Float32Array(n), new Float32Array(n).fill(Infinity)];
  for (let step = 1; step <= steps; step++) {
    if (step === steps && steps >= ENOUGH_TO_REPEAT) constants = constants.map((c, i) => (high[i]! < Infinity ? high[i]! : c));
    const found = await attempt({ dtype: 'float32', shape: [n, 1, 1, 1], data: constants });
    keepShorter(all, found, rows);
    constants = constants.map((c, i) => {
      if (found.lengths[i]! < NOTHING) high[i] = Math.min(high[i]!, c);
      else low[i] = Math.max(low[i]!, c);
      return high[i]! < Infinity ? (low[i]! + high[i]!) / 2 : 10 * c;
    });
  }
  return all;
}

/** An example stops where a tenth of the steps lowers its loss by less than this part. */
const LEAST_PROGRESS = 1e-4;

/** Takes the steps in tenths, each example until its loss, `loss` of the state, no longer falls. @param cost passes of one step. */
export async function stepsWhileFalling(task: AttackTask, plan: Steps, cost: { queries: number; gradients: number }): Promise<Found> {
  const all = nothingFound(task);
  const tenth = Math.ceil(plan.count / 10);
  let [left, state] = [Int32Array.from(task.labels.keys()), plan.state];
  let losses = new Float32Array(left.length).fill(Infinity);
  for (let taken = 0; taken < plan.count && left.length > 0; taken += tenth) {
    const count = Math.min(tenth, plan.count - taken);
    const last = await takeSteps(subtask(task, left), { ...plan, count, state, fixed: gatherAll(plan.fixed ?? {}, left) });
    keepShorter(all, foundBy(last, cost.queries * count, cost.gradients * count), left);
    const now = last['loss']!.data as Float32Array;
    const staying = Int32Array.from(left.keys()).filter((row) => now[row]! <= (1 - LEAST_PROGRESS) * losses[row]!);
    [left, state] = [staying.map((row) => left[row]!), gatherAll(last, staying)];
    losses = Float32Array.from(staying, (row) => now[row]!);
  }
  return all;
}
