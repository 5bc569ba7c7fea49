/** How near scores are to what an attack is after: a wrong class, or the target. As tensors, for steps that are compiled. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { AttackTask } from '../core/definition.js';
import { goalRatioLoss, logOddsLoss, marginLoss } from '../core/losses.js';

/** Whether images are of a wrong class, or of the target, `[batch, 1, 1, 1]`. @param goalClass classes to leave or to reach, as `aim` gives them. */
export function reachedBy(task: AttackTask, scores: tf.Tensor, goalClass: tf.Tensor): tf.Tensor {
  const isOfClass = tf.equal(tf.argMax(scores, 1), goalClass);
  return tf.reshape(task.targets ? isOfClass : tf.logicalNot(isOfClass), [-1, 1, 1, 1]);
}

/**
 * How far scores are on the right side for the attacker: wrong class over the true one, or target over the others, `[batch, 1, 1, 1]`.
 * @param goalClass as for {@link reachedBy}.
 */
export function goalMargin({ model, targets }: AttackTask, goalClass: tf.Tensor1D) {
  return (scores: tf.Tensor2D): tf.Tensor => {
    const margin = marginLoss(scores, goalClass, model.output);
    return tf.reshape(targets ? tf.neg(margin) : margin, [-1, 1, 1, 1]);
  };
}

/** The same by {@link logOddsLoss}: log-odds of not being of the true class, or of being of the target. */
export function goalLogOdds({ model, targets }: AttackTask, goalClass: tf.Tensor1D) {
  return (scores: tf.Tensor2D): tf.Tensor => {
    const odds = logOddsLoss(scores, goalClass, model.output);
    return tf.reshape(targets ? tf.neg(odds) : odds, [-1, 1, 1, 1]);
  };
}

/** By how much the margin falls short of κ, `[batch, 1, 1, 1]`. */
export function shortOf(task: AttackTask, scores: tf.Tensor2D, goalClass: tf.Tensor1D, confidence: tf.Tensor): tf.Tensor {
  return tf.relu(tf.sub(confidence, goalMargin(task, goalClass)(scores)));
}

/** Whether a wrong class is ahead of the true one by κ at least, or the target ahead of the others, `[batch, 1, 1, 1]`. */
export function reachedWith(task: AttackTask, scores: tf.Tensor2D, goalClass: tf.Tensor1D, confidence: tf.Tensor): tf.Tensor {
  return tf.logicalAnd(reachedBy(task, scores, goalClass), tf.greaterEqual(goalMargin(task, goalClass)(scores), confidence));
}

/**
 * How far scores are on the wrong side for the attacker, as a difference of logits ratio: `(z_y - max z_i + t) / (z_π1 - z_π3)`, towards a target over
 * `z_π1 - (z_π3 + z_π4) / 2`, `[batch, 1, 1, 1]`. @param tolerance t, in logits.
 */
export function goalRatio({ model, targets }: AttackTask, goalClass: tf.Tensor1D, tolerance: number) {
  return (scores: tf.Tensor2D): tf.Tensor =>
    tf.reshape(goalRatioLoss(scores, goalClass, model.output, targets !== undefined, tolerance), [-1, 1, 1, 1]);
}
