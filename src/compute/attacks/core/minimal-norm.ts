/**
 * What attacks share that look for the smallest change that reaches a wrong class, or their target. It must do so as it is stored: most round every image that
 * they look at to 8 bits ({@link rounded}); others lengthen what they found until rounding does not undo it ({@link longEnoughToStore}).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { floats } from '../../tensors/host-tensor.js';
import { gather, gatherAll } from '../../tensors/rows.js';
import type { HostTensor, HostTensors } from '../../tensors/types.js';
import { l0Budget, l1Budget, l2Budget, linfBudget } from './budgets.js';
import { aim, toAttack } from './goal.js';
import { logOddsLoss, marginLoss } from './losses.js';
import { L0_CAP, L1_CAP, L2_CAP, LINF_CAP } from './parameters.js';
import { lengthIn } from '../norms/lengths.js';
import { clipToRange } from '../norms/reduce.js';
import { constant } from './projected-gradient.js';
import { subtask } from './survivors.js';
import type { AttackOutput, AttackTask } from './definition.js';
import type { Budget, Norm } from '../../distances/budget.js';

/** Longer than any change of an image: nothing found yet. */
export const NOTHING = 1e9;

/** Lengths are sums of float32 numbers. */
const LENGTH_TOLERANCE = 1e-6;

/** What a search found, one row an example. */
export interface Found {
  /** Images that reach the goal. */
  readonly images: HostTensor;
  /** Lengths of their changes; {@link NOTHING} where there is none. */
  readonly lengths: Float32Array;
  readonly queries: Int32Array;
  readonly gradients: Int32Array;
}

/** Nothing found yet, and nothing spent. */
export function nothingFound({ images, labels }: AttackTask): Found {
  const n = labels.length;
  const lengths = new Float32Array(n).fill(NOTHING);
  return { images: { ...images, data: images.data.slice() }, lengths, queries: new Int32Array(n), gradients: new Int32Array(n) };
}

/** Adds what was found for some examples, where it is shorter, and what that cost. @param rows where those are in `all`. */
export function keepShorter(all: Found, found: Found, rows: Int32Array): void {
  const size = all.images.data.length / Math.max(1, all.lengths.length);
  for (const [at, row] of rows.entries()) {
    all.queries[row]! += found.queries[at]!;
    all.gradients[row]! += found.gradients[at]!;
    if (found.lengths[at]! >= all.lengths[row]!) continue;
    all.lengths[row] = found.lengths[at]!;
    all.images.data.set(found.images.data.subarray(at * size, (at + 1) * size), row * size);
  }
}

/**
 * Searches from several starts and keeps the smallest change of each example. Images that the model gets wrong as they are, or that are of the target, stay
 * unchanged and cost nothing; an image that nothing is found for stays unchanged, whatever other wrong class the search went through. Under a limit, so do images that need a longer change, and starts are spent only on those that nothing within the limit was found for.
 */
export async function smallestChange(
  task: AttackTask,
  { epsilon }: Budget,
  starts: number,
  search: (left: AttackTask, start: number) => Promise<Found>,
): Promise<AttackOutput> {
  const all = nothingFound(task);
  let left = toAttack(task);
  for (let start = 0; start < starts && left.length > 0; start++) {
    const found = await search(subtask(task, left), start);
    const lengths = found.lengths.map((length) => (length <= epsilon + LENGTH_TOLERANCE ? length : NOTHING));
    keepShorter(all, { ...found, lengths }, left);
    if (epsilon < Infinity) left = left.filter((i) => all.lengths[i] === NOTHING);
  }
  return all;
}

/** Passes of one step, of each example. */
interface Cost {
  readonly queries: number;
  readonly gradients: number;
}

/** Steps of a search that are all compiled into one function. */
export interface Steps<State extends string, Fixed extends string> {
  /** Names what `step` closes over. */
  readonly name: string;
  readonly norm: Norm;
  readonly count: number;
  readonly cost: Cost;
  /** What the steps hand on, one row an example. */
  readonly state: Readonly<Record<State, HostTensor>>;
  /** What stays the same, one row an example. */
  readonly fixed: Readonly<Record<Fixed, HostTensor>>;
  /** What to keep small instead of the length in the norm, `[batch, 1, 1, 1]`. */
  readonly lengthOf?: (change: tf.Tensor, inputs: StepInputs<NoInfer<State | Fixed>>) => tf.Tensor;
  step(logits: (x: tf.Tensor) => tf.Tensor2D, inputs: StepInputs<State | Fixed>): Step<State>;
}

/** What a step is given beside its own state and what stays the same. */
export type StepInputs<Names extends string> = Readonly<Record<Names | 'original' | 'best' | 'shortest', tf.Tensor>> & {
  /** The class to leave or to reach. */
  readonly aim: tf.Tensor1D;
};

export interface Step<State extends string> {
  /** The image that was looked at. */
  readonly image: tf.Tensor;
  /** `[batch, 1, 1, 1]`, bool. */
  readonly reached: tf.Tensor;
  readonly state: Readonly<Record<State, tf.Tensor>>;
}

/** The image with the smallest change so far of each example that reaches the goal, and the length of that. */
interface Kept {
  readonly best: HostTensor;
  readonly shortest: HostTensor;
}

type Reached<State extends string> = Readonly<Record<State, HostTensor>> & Kept;

/** Takes the steps, and keeps the image with the smallest change among those that reach the goal. */
export function takeSteps<State extends string, Fixed extends string>(task: AttackTask, steps: Steps<State, Fixed>): Promise<Found> {
  return stepsInRounds(task, steps, steps.count, () => true);
}

/** Takes one step at a time; an example leaves as soon as it has an image that reaches the goal. */
export function stepsUntilReached<State extends string, Fixed extends string>(
  task: AttackTask,
  steps: Steps<State, Fixed>,
): Promise<Found> {
  return stepsInRounds(task, steps, 1, (row, _example, { shortest }) => shortest.data[row] === NOTHING);
}

/**
 * Takes the steps in rounds.
 * @param round steps of a round; the last may have fewer.
 * @param stays whether an example of `task` goes into the next round, by its row in the last state. May change that row.
 */
export async function stepsInRounds<State extends string, Fixed extends string>(
  task: AttackTask,
  steps: Steps<State, Fixed>,
  round: number,
  stays: (row: number, example: number, last: Reached<State>) => boolean,
): Promise<Found> {
  const all = nothingFound(task);
  let left = Int32Array.from(task.labels.keys());
  let state: Readonly<Record<State, HostTensor>> = steps.state;
  for (let taken = 0; taken < steps.count && left.length > 0; taken += round) {
    const count = Math.min(round, steps.count - taken);
    const last = await oneRound(subtask(task, left), { ...steps, count, state, fixed: gatherAll(steps.fixed, left) });
    keepShorter(all, foundBy(last, count, steps.cost), left);
    const staying = Int32Array.from(left.keys()).filter((row) => stays(row, left[row]!, last));
    [left, state] = [staying.map((row) => left[row]!), gatherAll(last, staying)];
  }
  return all;
}

/** @param steps their state may hold `best` and `shortest` of the round before. @returns the last state. */
async function oneRound<State extends string, Fixed extends string>(
  task: AttackTask,
  { name, norm, lengthOf = lengthIn[norm], count, state, fixed, step }: Steps<State, Fixed>,
): Promise<Reached<State>> {
  const { labels, direction } = aim(task);
  const handedOn: HostTensors = { best: task.images, shortest: constant(labels.length, NOTHING), ...state };
  const inputs: HostTensors = { original: task.images, aim: classes(labels), ...fixed, ...handedOn };
  const specs = Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape: shape.slice(1) }] as const);
  const compiled = await task.compile(`${name}.${direction}`, Object.fromEntries(specs), (logits, tensors) => {
    // The inputs above, by the same names.
    const given = tensors as StepInputs<State | Fixed>;
    const { image, reached, state: next } = step((x) => logits(x as tf.Tensor4D), given);
    const length = lengthOf(tf.sub(image, given.original), given);
    const better = tf.logicalAnd(reached, tf.less(length, given.shortest));
    return { ...next, best: tf.where(better, image, given.best), shortest: tf.where(better, length, given.shortest) };
  });
  const feedback = Object.fromEntries(Object.keys(handedOn).map((key) => [key, key]));
  return (await compiled.run(inputs, { repeat: count, feedback, signal: task.signal })) as Reached<State>;
}

function foundBy({ best, shortest }: Kept, steps: number, { queries, gradients }: Cost): Found {
  const lengths = floats(shortest);
  const spent = (passes: number) => new Int32Array(lengths.length).fill(steps * passes);
  return { images: best, lengths, queries: spent(queries), gradients: spent(gradients) };
}

/** One class of each example, as an input. */
export function classes(data: Int32Array): HostTensor {
  return { dtype: 'int32', shape: [data.length], data };
}

/** Changes of less than this part of a level of 8 bits are noise of float32. */
const PART_OF_LEVEL = 0.01;

/**
 * The image as it would be stored: of 8 bits. Its gradient with respect to x is that of the identity. To the nearest level; but in L∞ away from the original,
 * which costs nothing where the longest change is no whole number of levels, and keeps small changes from being undone.
 */
export function rounded(x: tf.Tensor, original: tf.Tensor, norm: Norm): tf.Tensor {
  const straightThrough = tf.customGrad((value) => ({
    value: norm === 'LINF' ? roundedAway(value as tf.Tensor, original) : tf.div(tf.round(tf.mul(value as tf.Tensor, 255)), 255),
    gradFunc: (dy) => dy as tf.Tensor,
  }));
  return straightThrough(x);
}

function roundedAway(x: tf.Tensor, original: tf.Tensor): tf.Tensor {
  const change = tf.mul(tf.sub(x, original), 255);
  const levels = tf.mul(tf.sign(change), tf.ceil(tf.sub(tf.abs(change), PART_OF_LEVEL)));
  return tf.div(tf.round(tf.add(tf.mul(original, 255), levels)), 255);
}

/** A change that rounding undoes is made longer: by 1 %, then by 2 % more, and so on, up to some hundred times as long. */
const LENGTHENING = 0.01;
const LENGTHENINGS = 30;

/** Rounds what a search found to 8 bits, and lengthens the changes of images that do not reach the goal then. */
export async function longEnoughToStore(task: AttackTask, norm: Norm, found: Found): Promise<Found> {
  const rows = Int32Array.from(task.labels.keys()).filter((row) => found.lengths[row]! < NOTHING);
  const lengthened = await stepsUntilReached(subtask(task, rows), {
    name: 'store',
    norm,
    count: LENGTHENINGS,
    cost: { queries: 1, gradients: 0 },
    state: { factor: constant(rows.length, 1), growth: constant(rows.length, LENGTHENING) },
    fixed: { exact: gather(found.images, rows) },
    step(logits, { original, aim: aimed, exact, factor, growth }) {
      const longer = tf.add(original, tf.mul(factor, tf.sub(exact, original)));
      const image = rounded(clipToRange(longer), original, norm);
      const reached = reachedBy(task, logits(image), aimed);
      return { image, reached, state: { factor: tf.mul(factor, tf.add(1, growth)), growth: tf.add(growth, LENGTHENING) } };
    },
  });
  const stored: Found = { ...nothingFound(task), queries: found.queries, gradients: found.gradients };
  keepShorter(stored, lengthened, rows);
  return stored;
}

/** Whether images are of a wrong class, or of the target, `[batch, 1, 1, 1]`. @param aimed classes to leave or to reach, as {@link aim} gives them. */
export function reachedBy(task: AttackTask, scores: tf.Tensor, aimed: tf.Tensor): tf.Tensor {
  const isOfClass = tf.equal(tf.argMax(scores, 1), aimed);
  return tf.reshape(task.targets ? isOfClass : tf.logicalNot(isOfClass), [-1, 1, 1, 1]);
}

/**
 * How far scores are on the right side for the attacker: wrong class over the true one, or target over the others, `[batch, 1, 1, 1]`.
 * @param aimed as for {@link reachedBy}.
 */
export function aimedMargin({ model, targets }: AttackTask, aimed: tf.Tensor1D) {
  return (scores: tf.Tensor2D): tf.Tensor => {
    const margin = marginLoss(scores, aimed, model.output);
    return tf.reshape(targets ? tf.neg(margin) : margin, [-1, 1, 1, 1]);
  };
}

/** The same by {@link logOddsLoss}: log-odds of not being of the true class, or of being of the target. */
export function aimedLogOdds({ model, targets }: AttackTask, aimed: tf.Tensor1D) {
  return (scores: tf.Tensor2D): tf.Tensor => {
    const odds = logOddsLoss(scores, aimed, model.output);
    return tf.reshape(targets ? tf.neg(odds) : odds, [-1, 1, 1, 1]);
  };
}

/** From one value to another along half a period of the cosine, as `progress` goes from 0 to 1. */
export function annealed(from: tf.Tensor | number, to: tf.Tensor | number, progress: tf.Tensor): tf.Tensor {
  const cosine = tf.div(tf.add(1, tf.cos(tf.mul(Math.PI, progress))), 2);
  return tf.add(to, tf.mul(tf.sub(from, to), cosine));
}

/** What a family of attacks that has one for each norm calls it, and its cap. */
export const CAPPED = {
  LINF: { symbol: 'L∞', suffix: 'Linf', cap: LINF_CAP, budget: linfBudget },
  L2: { symbol: 'L2', suffix: 'L2', cap: L2_CAP, budget: l2Budget },
  L1: { symbol: 'L1', suffix: 'L1', cap: L1_CAP, budget: l1Budget },
  L0: { symbol: 'L0', suffix: 'L0', cap: L0_CAP, budget: l0Budget },
};
