/**
 * What attacks share that look for the smallest change, and that it must fool the model as it is stored: most round every image that they look at to 8 bits
 * ({@link rounded}); others lengthen what they found until rounding does not undo it ({@link longEnoughToStore}).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../engine/types.js';
import { argmaxRows } from '../metrics/predictions.js';
import { lengthIn } from './norms/lengths.js';
import { constant } from './projected-gradient.js';
import { gather, subtask } from './survivors.js';
import type { AttackOutput, AttackTask, Budget, Norm } from './types.js';

/** Longer than any change of an image: nothing found yet. */
export const NOTHING = 1e9;

/** Lengths are sums of float32 numbers. */
const LENGTH_TOLERANCE = 1e-6;

/** What a search found, one row an example. */
export interface Found {
  /** Images that fool the model. */
  readonly images: HostTensor;
  /** Lengths of their changes; {@link NOTHING} where there is none. */
  readonly lengths: Float32Array;
  readonly queries: Int32Array;
  readonly gradients: Int32Array;
}

/**
 * Searches from several starts and keeps the smallest change of each example. Images that the model gets wrong as they are stay unchanged and cost nothing;
 * under a limit, so do images that need a longer change, and starts are spent only on those that nothing within the limit was found for.
 */
export async function smallestChange(
  task: AttackTask,
  { epsilon }: Budget,
  starts: number,
  search: (left: AttackTask, start: number) => Promise<Found>,
): Promise<AttackOutput> {
  const n = task.labels.length;
  const images = { ...task.images, data: task.images.data.slice() };
  const size = images.data.length / Math.max(1, n);
  const [queries, gradients] = [new Int32Array(n), new Int32Array(n)];
  const shortest = new Float32Array(n).fill(NOTHING);
  const limit = Math.min(epsilon + LENGTH_TOLERANCE, NOTHING / 2);
  const predicted = argmaxRows(task.cleanLogits);
  let left = Int32Array.from(task.labels.keys()).filter((i) => predicted[i] === task.labels[i]);
  for (let start = 0; start < starts && left.length > 0; start++) {
    const found = await search(subtask(task, left), start);
    for (const [row, i] of left.entries()) {
      queries[i]! += found.queries[row]!;
      gradients[i]! += found.gradients[row]!;
      const length = found.lengths[row]!;
      if (length > limit || length >= shortest[i]!) continue;
      shortest[i] = length;
      images.data.set(found.images.data.subarray(row * size, (row + 1) * size), i * size);
    }
    if (epsilon < Infinity) left = left.filter((i) => shortest[i] === NOTHING);
  }
  return { images, queries, gradients };
}

/** Steps of a search that are all compiled into one function. */
export interface Steps {
  /** Names what `step` closes over. */
  readonly name: string;
  readonly norm: Norm;
  readonly count: number;
  /** What the steps hand on, one row an example. May hold `best` and `shortest` of an earlier search. */
  readonly state: HostTensors;
  /** What stays the same, one row an example. */
  readonly fixed?: HostTensors;
  /** @param inputs state, what stays the same, `original` and `label`. */
  step(logits: (x: tf.Tensor4D) => tf.Tensor2D, inputs: Record<string, tf.Tensor>): Step;
}

export interface Step {
  /** The image that was looked at. */
  readonly image: tf.Tensor;
  /** `[batch, 1, 1, 1]`, bool. */
  readonly fooled: tf.Tensor;
  readonly state: Tensors;
}

/** Takes the steps, and keeps the image with the smallest change among those that fool the model. @returns the last state, with `best` and `shortest`. */
export async function takeSteps(task: AttackTask, { name, norm, count, state, fixed, step }: Steps): Promise<HostTensors> {
  const n = task.labels.length;
  const handedOn: HostTensors = { best: task.images, shortest: constant(n, NOTHING), ...state };
  const inputs: HostTensors = { original: task.images, label: classes(task.labels), ...fixed, ...handedOn };
  const specs = Object.entries(inputs).map(([key, { dtype, shape }]) => [key, { dtype, shape: shape.slice(1) }] as const);
  const compiled = await task.compile(name, Object.fromEntries(specs), (logits, tensors) => {
    const { original, best, shortest } = tensors as Record<string, tf.Tensor>;
    const { image, fooled, state: next } = step(logits, tensors);
    const length = lengthIn[norm](tf.sub(image, original!));
    const better = tf.logicalAnd(fooled, tf.less(length, shortest!));
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

/** A change that rounding undoes is made longer: by 1 %, then by 2 % more, and so on, up to some hundred times as long. */
const LENGTHENING = 0.01;
const MOST_LENGTHENINGS = 30;

/** Rounds what a search found to 8 bits, and lengthens the changes of images that do not fool the model then. */
export async function longEnoughToStore(task: AttackTask, norm: Norm, found: Found): Promise<Found> {
  const n = task.labels.length;
  const size = task.images.data.length / Math.max(1, n);
  const stored: Found = {
    ...found,
    images: { ...found.images, data: found.images.data.slice() },
    lengths: new Float32Array(n).fill(NOTHING),
  };
  let left = Int32Array.from(task.labels.keys()).filter((row) => found.lengths[row]! < NOTHING);
  for (let [factor, tries] = [1, 0]; tries <= MOST_LENGTHENINGS && left.length > 0; factor *= 1 + ++tries * LENGTHENING) {
    const { best, shortest } = await takeSteps(subtask(task, left), {
      name: 'store',
      norm,
      count: 1,
      state: {},
      fixed: { exact: gather(found.images, left), factor: constant(left.length, factor) },
      step(logits, { original, label, exact, factor: by }) {
        const longer = tf.clipByValue(tf.add(original!, tf.mul(by!, tf.sub(exact!, original!))), 0, 1);
        const image = rounded(longer, original!, norm);
        return { image, fooled: fooledBy(logits(image as tf.Tensor4D), label!), state: {} };
      },
    });
    for (const [at, row] of left.entries()) {
      stored.queries[row]!++;
      stored.lengths[row] = (shortest!.data as Float32Array)[at]!;
      stored.images.data.set(best!.data.subarray(at * size, (at + 1) * size), row * size);
    }
    left = left.filter((row) => stored.lengths[row] === NOTHING);
  }
  return stored;
}

/** Whether the model gets an image wrong, `[batch, 1, 1, 1]`. */
export function fooledBy(scores: tf.Tensor, label: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.notEqual(tf.argMax(scores, 1), label), [-1, 1, 1, 1]);
}

/** Scores, losses and their gradient by one forward and one backward pass. @param loss one value an example. */
export function lossAndGradient(
  { model }: AttackTask,
  logits: (x: tf.Tensor4D) => tf.Tensor2D,
  x: tf.Tensor,
  loss: (scores: tf.Tensor2D) => tf.Tensor,
) {
  const [n, columns] = [x.shape[0]!, model.spec.classCount];
  // Side by side they come out of one pass; only the losses are differentiated.
  const sideBySide = (at: tf.Tensor) => {
    const scores = logits(at as tf.Tensor4D);
    return tf.concat([tf.reshape(loss(scores), [n, 1]), scores], 1);
  };
  const { value, grad } = tf.valueAndGrad(sideBySide)(x, tf.concat([tf.ones([n, 1]), tf.zeros([n, columns])], 1));
  return {
    scores: tf.slice(value, [0, 1], [n, columns]) as tf.Tensor2D,
    losses: tf.reshape(tf.slice(value, [0, 0], [n, 1]), [n, 1, 1, 1]),
    gradient: grad,
  };
}
