/** Boundaries between the true class and others, as hyperplanes: each class's logit over the true one's, and its gradient. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/index.js';
import { wrongClass } from '../core/labels.js';
import { differenceLoss, lossAndGradient } from '../core/losses.js';
import type { Hyperplane } from '../norms/hyperplane.js';
import { dualLengthIn } from '../norms/lengths.js';
import { TINY } from '../norms/reduce.js';
import type { AttackTask } from '../core/definition.js';
import type { Norm } from '../../distances/index.js';
import { integer } from '../../parameters/index.js';

/** Every class costs a backward pass a step, and all are in one compiled function. */
const MOST_CANDIDATES = 100;

export const CANDIDATES = integer({
  default: 9,
  minimum: 1,
  maximum: MOST_CANDIDATES,
  description:
    'Wrong classes whose boundaries are compared in each step, the likeliest first; all of them where the model has fewer. Each costs a backward pass.',
});

/** The likeliest wrong classes on the clean images, `[n, count]`; fewer where the model has fewer. */
export function candidateClasses(task: AttackTask, count: number): HostTensor {
  const [n, columns] = [task.labels.length, Math.min(count, task.model.spec.classCount - 1)];
  const data = new Int32Array(n * columns);
  for (let rank = 0; rank < columns; rank++) wrongClass(task, rank).forEach((other, i) => (data[i * columns + rank] = other));
  return { dtype: 'int32', shape: [n, columns], data };
}

export interface Boundary extends Hyperplane {
  /** How far away the hyperplane is, in the norm. */
  readonly distance: tf.Tensor;
  /** Scores of the model at `at`. */
  readonly scores: tf.Tensor;
}

/** The nearest of the boundaries to the candidate classes, made linear at an image. @param candidates `[batch, count]`. */
export function nearestBoundary(
  task: AttackTask,
  logits: (x: tf.Tensor) => tf.Tensor2D,
  at: tf.Tensor,
  label: tf.Tensor1D,
  candidates: tf.Tensor,
  norm: Norm,
): Boundary {
  const boundaries = tf.unstack(candidates, 1).map((other) => {
    const difference = (scores: tf.Tensor2D) => differenceLoss(scores, label, task.model.output, other as tf.Tensor1D);
    const { scores, losses: value, gradient: slope } = lossAndGradient(task, logits, at, difference);
    return { at, scores, value, slope, distance: tf.div(tf.abs(value), tf.add(dualLengthIn[norm](slope), TINY)) };
  });
  return boundaries.reduce((nearest, boundary) => {
    const nearer = tf.less(boundary.distance, nearest.distance);
    const choose = (name: 'value' | 'slope' | 'distance') => tf.where(nearer, boundary[name], nearest[name]);
    return { ...nearest, value: choose('value'), slope: choose('slope'), distance: choose('distance') };
  });
}
