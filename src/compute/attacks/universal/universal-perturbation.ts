/**
 * Learns one change that fools the model on many images: Adam on the mean of a loss that is cut off, so that images that are fooled already do not pull
 * (Shafahi et al. 2020, section 3).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Budget } from '../../distances/index.js';
import type { BatchedFunction } from '../../engine/index.js';
import { integer, type ValuesOf } from '../../parameters/index.js';
import { shuffledIndices } from '../../random.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { ArrayAdam } from '../core/adam.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { possibleTargets, TARGET_PARAMETERS } from '../core/labels.js';
import { imageSize, row } from '../core/image-arrays.js';
import { logOddsLoss } from '../core/losses.js';
import type { Direction } from '../core/projected-gradient.js';
import { subtask, Survivors } from '../core/survivors.js';

export const UNIVERSAL_PERTURBATION_PARAMETERS = {
  trainingCount: integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description: 'Images that it learns from: the last of the data set. An evaluation that reaches them tests on what it learned from.',
  }),
  epochs: integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'How often it sees each of them.',
  }),
  ...TARGET_PARAMETERS,
};

export type UniversalPerturbationValues = ValuesOf<typeof UNIVERSAL_PERTURBATION_PARAMETERS>;

/** β of the paper: where the loss is cut off. */
const LOSS_LIMIT = 9;

const BATCH_SIZE = 32;

/** Keeps Adam's quotient finite. Gradients of a mean over images may be small, so this is smaller than elsewhere. */
const SMALLEST_ROOT = 1e-30;

export interface UniversalPerturbation {
  /** What is learned, at first. */
  readonly start: Float32Array;
  /** Length of Adam's first steps. */
  readonly rate: number;
  /** Images with the change. `backward` turns a gradient by their pixels into one by what is learned, summed over the images. @param purpose of random draws. */
  apply(values: Float32Array, task: AttackTask, purpose: string): { images: HostTensor; backward(gradient: Float32Array): Float32Array };
  /** Brings what is learned back to where it may be, in place. */
  project(values: Float32Array): void;
}

/** One change towards each class that is a target, by that class; under no target, the one that leads away from true classes. */
export type LearnedPerturbations = ReadonlyMap<number | undefined, Float32Array>;

/** @returns what is learned. */
export async function learn(
  examples: AttackTask,
  parameters: UniversalPerturbationValues,
  change: UniversalPerturbation,
): Promise<LearnedPerturbations> {
  const learned = new Map<number | undefined, Float32Array>();
  for (const target of possibleTargets(parameters, examples.model.spec.classCount) ?? [undefined]) {
    const targets = target === undefined ? undefined : examples.labels.map(() => target);
    learned.set(target, await learnOne({ ...examples, targets }, parameters.epochs, change));
  }
  return learned;
}

/** Changes every image that there is something to do for, by what was learned towards its target. @param apply gives the images with one change. */
export async function applyLearned(
  task: AttackTask<LearnedPerturbations>,
  budget: Budget,
  apply: (left: AttackTask, values: Float32Array) => HostTensor,
): Promise<AttackOutput> {
  const survivors = new Survivors(task, budget);
  const left = survivors.task();
  const data = floats(left.images).slice();
  const size = imageSize(left.images);
  for (const [target, values] of task.prepared!) {
    const rows = Int32Array.from(left.labels.keys()).filter((i) => left.targets?.[i] === target);
    const changed = floats(apply(subtask(left, rows), values));
    for (const [at, i] of rows.entries()) data.set(row(changed, size, at), i * size);
  }
  if (survivors.count > 0) await survivors.release({ ...left.images, data });
  return survivors.output();
}

async function learnOne(examples: AttackTask, epochs: number, change: UniversalPerturbation): Promise<Float32Array> {
  const { labels, direction } = aim(examples);
  const gradient = await compileGradient(examples, direction);
  const values = change.start.slice();
  const adam = new ArrayAdam(values.length, change.rate, SMALLEST_ROOT);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffledIndices(examples.random.stream(0, `shared-change.order.${epoch}`), labels.length);
    for (let at = 0; at < order.length; at += BATCH_SIZE) {
      const rows = Int32Array.from(order.subarray(at, at + BATCH_SIZE));
      const { images, backward } = change.apply(values, subtask(examples, rows), `shared-change.${epoch}`);
      const label: HostTensor = { dtype: 'int32', shape: [rows.length], data: rows.map((row) => labels[row]!) };
      const slopes = await gradient.run({ images, label }, { signal: examples.signal });
      adam.step(values, backward(floats(slopes['gradient']!)), ++step);
      change.project(values);
    }
  }
  return values;
}

/** Gradient, by each image, of what is to be raised. */
function compileGradient(task: AttackTask, direction: Direction): Promise<BatchedFunction> {
  return task.compile(
    `shared-change.${direction}`,
    { images: { dtype: 'float32', shape: task.images.shape.slice(1) }, label: { dtype: 'int32', shape: [] } },
    (scores, { images, label }) => {
      const raised = (x: tf.Tensor) => {
        const losses = logOddsLoss(scores(x as tf.Tensor4D), label as tf.Tensor1D, task.model.output);
        return tf.sum(tf.minimum(direction === 'ascend' ? losses : tf.neg(losses), LOSS_LIMIT));
      };
      return { gradient: tf.grad(raised)(images!) };
    },
  );
}
