/** The loss of an ensemble that is fused in its losses: the weighted sum of the loss of every model (Dong et al. 2018, section 3.4). @module */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../models/index.js';
import type { AttackedModel } from './definition.js';
import { type AttackLoss, logOddsLoss, signLoss } from './losses.js';

/** The loss as it is, but for an ensemble that is fused in its losses. */
export function fusedLoss({ lossWeights }: Pick<AttackedModel, 'lossWeights'>, loss: AttackLoss): AttackLoss {
  if (!lossWeights) return loss;
  if (loss === signLoss) return crossEntropies(lossWeights);
  return (scores, labels, output) => {
    const losses = split(scores, lossWeights).map((one, k) => tf.mul<tf.Scalar>(lossWeights[k]!, loss(one, labels, output)));
    return tf.addN(losses);
  };
}

/**
 * Has the gradient of `Σ_k w_k J_k` up to a positive factor of each example, J the cross-entropy. The log odds L have `∇J = (1 - p_y) ∇L`, so each model's are
 * weighted by its `1 - p_y` over the largest: finite also where all models are sure.
 */
const crossEntropies =
  (weights: readonly number[]): AttackLoss =>
  (scores, labels) => {
    const odds = split(scores, weights).map((one) => logOddsLoss(one, labels, 'LOGITS'));
    // log(1 - p) = -softplus(-L).
    const slopes = odds.map((one, k) => tf.sub(Math.log(weights[k]!), tf.softplus(tf.neg(one))));
    const largest = slopes.reduce((a, b) => tf.maximum(a, b));
    return tf.sum(tf.addN(odds.map((one, k) => tf.mul(stopGradient(tf.exp(tf.sub(slopes[k]!, largest))), one))));
  };

const split = (scores: tf.Tensor2D, weights: readonly number[]) => tf.split<tf.Tensor2D>(scores, weights.length, 1);
