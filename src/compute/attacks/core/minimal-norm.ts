/**
 * What attacks share that look for the smallest change that reaches a wrong class, or their target, and that it must do so as it is stored: most round every image that they look at to 8 bits
 * ({@link rounded}); others lengthen what they found until rounding does not undo it ({@link longEnoughToStore}).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../../tensors/types.js';
import { aim, toAttack } from './goal.js';
import { marginLoss } from './losses.js';
import { lengthIn } from '../norms/lengths.js';
import { clipToRange } from '../norms/reduce.js';
import { constant } from './projected-gradient.js';
import { gather, gatherAll } from '../../tensors/rows.js';
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

/** Steps of a search that are all compiled into one function. */
export interface Steps {
  /** Names what `step` closes over. */
  readonly name: string;
  readonly norm: Norm;
  /** What to keep small instead of the length in the norm, `[batch, 1, 1, 1]`. */
  readonly lengthOf?: (change: tf.Tensor, inputs: Record<string, tf.Tensor>) => tf.Tensor;
  readonly count: number;
  /** What the steps hand on, one row an example. May hold `best` and `shortest` of an earlier search. */
  readonly state: HostTensors;
  /** What stays the same, one row an example. */
  readonly fixed?: HostTensors;
  /** @param inputs state, what stays the same, `original`, and `aim`: the class to leave or to reach. */
  step(logits: (x: tf.Tensor4D) => tf.Tensor2D, inputs: Record<string, tf.Tensor>): Step;
}

export interface Step {
  /** The image that was looked at. */
  readonly image: tf.Tensor;
  /** `[batch, 1, 1, 1]`, bool. */
  readonly reached: tf.Tensor;
  readonly state: Tensors;
}

/** Takes the steps, and keeps the image with the smallest change among those that reach the goal. @returns the last state, with `best` and `shortest`. */
export async function takeSteps(
  task: AttackTask,
  { name, norm, lengthOf = lengthIn[norm], count, state, fixed, step }: Steps,
): Promise<HostTensors> {
  const n = task.labels.length;
  const { labels, direction } = aim(task);
  const handedOn: HostTensors = { best: task.images, shortest: constant(n, NOTHING), ...state };
  const inputs: HostTensors = { original: task.images, aim: classes(labels), ...fixed, ...handedOn };
  const specs = Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape: shape.slice(1) }] as const);
  const compiled = await task.compile(`${name}.${direction}`, Object.fromEntries(specs), (logits, tensors) => {
    const { original, best, shortest } = tensors as Record<string, tf.Tensor>;
    const { image, reached, state: next } = step(logits, tensors);
    const length = lengthOf(tf.sub(image, original!), tensors);
    const better = tf.logicalAnd(reached, tf.less(length, shortest!));
    return { ...next, best: tf.where(better, image, best!), shortest: tf.where(better, length, shortest!) };
  });
  const feedback = Object.fromEntries(Object.keys(handedOn).map((key) => [key, key]));
  return compiled.run(inputs, { repeat: count, feedback, signal: task.signal });
}

/** @param queries of each example, like `gradients`. */
export function foundBy({ best, shortest }: HostTensors, queries: number, gradients: number): Found {
  const lengths = shortest!.data as Float32Array;
  const spent = (count: number) => new Int32Array(lengths.length).fill(count);
  return { images: best!, lengths, queries: spent(queries), gradients: spent(gradients) };
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

/**
 * Takes one step at a time; an example leaves as soon as it has an image that reaches the goal.
 * @param cost passes of one step.
 */
export async function stepsUntilReached(task: AttackTask, plan: Steps, cost: { queries: number; gradients: number }): Promise<Found> {
  const all = nothingFound(task);
  let [left, state] = [Int32Array.from(task.labels.keys()), plan.state];
  for (let step = 0; step < plan.count && left.length > 0; step++) {
    const last = await takeSteps(subtask(task, left), { ...plan, count: 1, state, fixed: gatherAll(plan.fixed ?? {}, left) });
    const { best: _best, shortest: _shortest, ...next } = last;
    const found = foundBy(last, cost.queries, cost.gradients);
    keepShorter(all, found, left);
    const staying = Int32Array.from(left.keys()).filter((row) => found.lengths[row] === NOTHING);
    [left, state] = [staying.map((row) => left[row]!), gatherAll(next, staying)];
  }
  return all;
}

/** A change that rounding undoes is made longer: by 1 %, then by 2 % more, and so on, up to some hundred times as long. */
const LENGTHENING = 0.01;
const LENGTHENINGS = 30;

/** Rounds what a search found to 8 bits, and lengthens the changes of images that do not reach the goal then. */
export async function longEnoughToStore(task: AttackTask, norm: Norm, found: Found): Promise<Found> {
  const rows = Int32Array.from(task.labels.keys()).filter((row) => found.lengths[row]! < NOTHING);
  const plan: Steps = {
    name: 'store',
    norm,
    count: LENGTHENINGS,
    state: { factor: constant(rows.length, 1), growth: constant(rows.length, LENGTHENING) },
    fixed: { exact: gather(found.images, rows) },
    step(logits, { original, aim: aimed, exact, factor, growth }) {
      const longer = tf.add(original!, tf.mul(factor!, tf.sub(exact!, original!)));
      const image = rounded(clipToRange(longer), original!, norm);
      const reached = reachedBy(task, logits(image as tf.Tensor4D), aimed!);
      return { image, reached, state: { factor: tf.mul(factor!, tf.add(1, growth!)), growth: tf.add(growth!, LENGTHENING) } };
    },
  };
  const stored: Found = { ...nothingFound(task), queries: found.queries, gradients: found.gradients };
  keepShorter(stored, await stepsUntilReached(subtask(task, rows), plan, { queries: 1, gradients: 0 }), rows);
  return stored;
}

/** Whether images are of a wrong class, or of the target, `[batch, 1, 1, 1]`. @param aimed classes to leave or to reach, as {@link aim} gives them. */
export function reachedBy(task: AttackTask, scores: tf.Tensor, aimed: tf.Tensor): tf.Tensor {
  const isOfClass = tf.equal(tf.argMax(scores, 1), aimed);
  return tf.reshape(task.targets ? isOfClass : tf.logicalNot(isOfClass), [-1, 1, 1, 1]);
}

/**
 * How far scores are on the right side for the attacker: wrong class over the true one, or target over the others. One value an example.
 * @param aimed as for {@link reachedBy}.
 */
export function aimedMargin({ model, targets }: AttackTask, aimed: tf.Tensor) {
  return (scores: tf.Tensor2D): tf.Tensor => {
    const margin = marginLoss(scores, aimed as tf.Tensor1D, model.output);
    return targets ? tf.neg(margin) : margin;
  };
}
