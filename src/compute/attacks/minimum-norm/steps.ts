/** Steps of a search for the smallest change, compiled into one function that keeps the best image by itself. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { floats, gatherAll, type HostTensor, type HostTensors } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { type SearchResult, keepShorter, NOTHING, nothingFound } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { subtask } from '../core/survivors.js';
import { lengthIn } from '../norms/lengths.js';

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
interface BestSoFar {
  readonly best: HostTensor;
  readonly shortest: HostTensor;
}

type RoundState<State extends string> = Readonly<Record<State, HostTensor>> & BestSoFar;

/** Takes all steps in one round, and keeps the image with the smallest change among those that reach the goal. */
export function takeSteps<State extends string, Fixed extends string>(task: AttackTask, steps: Steps<State, Fixed>): Promise<SearchResult> {
  return stepsInRounds(task, steps, steps.count, () => false);
}

/** Takes one step at a time; an example leaves as soon as it has an image that reaches the goal. */
export function stepsUntilReached<State extends string, Fixed extends string>(
  task: AttackTask,
  steps: Steps<State, Fixed>,
): Promise<SearchResult> {
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
  stays: (row: number, example: number, last: RoundState<State>) => boolean,
): Promise<SearchResult> {
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

/** Takes `count` steps. @param steps their state may hold `best` and `shortest` of the round before. @returns the last state. */
async function oneRound<State extends string, Fixed extends string>(
  task: AttackTask,
  { name, norm, lengthOf = lengthIn[norm], count, state, fixed, step }: Steps<State, Fixed>,
): Promise<RoundState<State>> {
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
  return (await compiled.run(inputs, { repeat: count, feedback, signal: task.signal })) as RoundState<State>;
}

function foundBy({ best, shortest }: BestSoFar, steps: number, { queries, gradients }: Cost): SearchResult {
  const lengths = floats(shortest);
  const spent = (passes: number) => new Int32Array(lengths.length).fill(steps * passes);
  return { images: best, lengths, queries: spent(queries), gradients: spent(gradients) };
}

/** One class of each example, as an input. */
export function classes(data: Int32Array): HostTensor {
  return { dtype: 'int32', shape: [data.length], data };
}

/** From one value to another along half a period of the cosine, as `progress` goes from 0 to 1. */
export function annealed(from: tf.Tensor | number, to: tf.Tensor | number, progress: tf.Tensor): tf.Tensor {
  const cosine = tf.div(tf.add(1, tf.cos(tf.mul(Math.PI, progress))), 2);
  return tf.add(to, tf.mul(tf.sub(from, to), cosine));
}
