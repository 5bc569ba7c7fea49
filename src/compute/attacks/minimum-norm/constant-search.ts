/**
 * Search for the weight c that an attack gives to fooling the model, against the length of the change (Carlini & Wagner 2017): the smaller the c that still
 * does, the shorter the change. Each example has a c of its own.
 * @module
 */
import { boolean, integer, real } from '../../parameters/index.js';
import type { HostTensor } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { type SearchResult, keepShorter, NOTHING, nothingFound } from '../core/minimum-norm.js';
import { type Steps, stepsInRounds, takeSteps } from './steps.js';

export const SEARCH_STEPS = integer({
  default: 9,
  minimum: 1,
  maximum: 100,
  description: 'Values of c that are tried for each example: tenfold until one succeeds, then by bisection.',
});

export const initialConstant = (first: number) =>
  real({
    default: first,
    minimum: 1e-10,
    maximum: 1e10,
    description: 'c: weight of fooling the model against the length of the change, the first that is tried.',
  });

export const CONFIDENCE = real({
  default: 0,
  minimum: 0,
  maximum: 1000,
  description:
    'κ: by how much the logit of a wrong class must exceed that of the true one, or that of the target all others. More transfers better, and needs longer changes.',
});

export const ABORT_EARLY = boolean({
  default: true,
  description:
    "An example whose loss does not fall in a tenth of the steps takes no more with this c. The default is the authors'; without, every c gets all steps.",
});

/** From as many search steps on, the last repeats the smallest c that fooled the model. */
const ENOUGH_TO_REPEAT = 10;

interface Search {
  readonly searchSteps: number;
  readonly initialConstant: number;
}

/** @param attempt an attack with given weights, `[n, 1, 1, 1]`. */
export async function searchConstant(
  task: AttackTask,
  { searchSteps, initialConstant: first }: Search,
  attempt: (constants: HostTensor) => Promise<SearchResult>,
): Promise<SearchResult> {
  const n = task.labels.length;
  const rows = Int32Array.from(task.labels.keys());
  const all = nothingFound(task);
  let constants = new Float32Array(n).fill(first);
  const [low, high] = [new Float32Array(n), new Float32Array(n).fill(Infinity)];
  for (let step = 1; step <= searchSteps; step++) {
    if (step === searchSteps && step >= ENOUGH_TO_REPEAT) constants = constants.map((c, i) => (high[i]! < Infinity ? high[i]! : c));
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
export const LEAST_PROGRESS = 1e-4;

/** Takes the steps in tenths, each example until its loss, `loss` of the state, no longer falls; all of them, where that ends nothing early. */
export function stepsWhileFalling<State extends string, Fixed extends string>(
  task: AttackTask,
  abortEarly: boolean,
  steps: Steps<State | 'loss', Fixed>,
): Promise<SearchResult> {
  if (!abortEarly) return takeSteps(task, steps);
  const losses = new Float32Array(task.labels.length).fill(Infinity);
  return stepsInRounds(task, steps, Math.ceil(steps.count / 10), (row, example, { loss }) => {
    const [before, now] = [losses[example]!, loss.data[row]!];
    losses[example] = now;
    return now <= (1 - LEAST_PROGRESS) * before;
  });
}
