/** The loss of an ensemble that is fused in its losses: the weighted sum of the loss of every model (Dong et al. 2018, section 3.4). @module */
import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../models/index.js';
import type { AttackedModel } from './definition.js';
import { type ExampleLoss, logOddsLoss } from './losses.js';

type Weighted = Pick<AttackedModel, 'lossWeights'>;

/** The loss as it is, but for an ensemble that is fused in its losses. */
export function fusedLoss({ lossWeights }: Weighted, loss: ExampleLoss): ExampleLoss {
  if (!lossWeights) return loss;
  if (loss === logOddsLoss) return crossEntropies(lossWeights);
  return (scores, labels, output, targets) =>
    tf.addN(split(scores, lossWeights).map((one, k) => tf.mul(lossWeights[k]!, loss(one, labels, output, targets))));
}

/** What decides on the class, `[n, classCount]`: of such an ensemble, the weighted mean of the logits. */
export function fusedScores({ lossWeights }: Weighted, scores: tf.Tensor2D): tf.Tensor2D {
  return lossWeights ? tf.addN(split(scores, lossWeights).map((one, k) => tf.mul<tf.Tensor2D>(lossWeights[k]!, one))) : scores;
}

/**
 * Has the gradient of `Σ_k w_k J_k` up to a positive factor of each example, J the cross-entropy. The log odds L have `∇J = (1 - p_y) ∇L`, so each model's are
 * weighted by its `1 - p_y` over the largest: finite also where all models are sure.
 */
const crossEntropies =
  (weights: readonly number[]): ExampleLoss =>
  (scores, labels) => {
    const odds = split(scores, weights).map((one) => logOddsLoss(one, labels, 'LOGITS'));
    // log(1 - p) = -softplus(-L).
    const slopes = odds.map((one, k) => tf.sub(Math.log(weights[k]!), tf.softplus(tf.neg(one))));
    const largest = slopes.reduce((a, b) => tf.maximum(a, b));
    return tf.addN(odds.map((one, k) => tf.mul(stopGradient(tf.exp(tf.sub(slopes[k]!, largest))), one)));
  };

const split = (scores: tf.Tensor2D, weights: readonly number[]) => tf.split<tf.Tensor2D>(scores, weights.length, 1);
