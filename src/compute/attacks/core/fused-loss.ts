/** The loss of an ensemble that is fused in its losses: the weighted sum of the loss of every model (Dong et al. 2018, section 3.4). @module */
import * as tf from '@tensorflow/tfjs-core';
import { type OutputKind, stopGradient } from '../../models/index.js';
import type { AttackedModel } from './definition.js';
import { type ExampleLoss, logOddsLoss } from './losses.js';

type Weighted = Pick<AttackedModel, 'lossWeights'>;

/** The loss as it is, but for an ensemble that is fused in its losses. */
export function fusedLoss(task: Weighted, loss: ExampleLoss): ExampleLoss {
  const { lossWeights } = task;
  if (!lossWeights) return loss;
  if (loss === logOddsLoss) return (scores, labels, output) => crossEntropy(task, scores, labels, output).loss;
  return (scores, labels, output, targets) =>
    tf.addN(split(scores, lossWeights).map((one, k) => tf.mul(lossWeights[k]!, loss(one, labels, output, targets))));
}

/** What decides on the class, `[n, classCount]`: of such an ensemble, the weighted mean of the logits. */
export function fusedScores({ lossWeights }: Weighted, scores: tf.Tensor2D): tf.Tensor2D {
  return lossWeights ? tf.addN(split(scores, lossWeights).map((one, k) => tf.mul<tf.Tensor2D>(lossWeights[k]!, one))) : scores;
}

/** `[n]` each; the cross-entropy has the gradient `exp(logScale) · ∇loss`. */
interface CrossEntropy {
  readonly loss: tf.Tensor;
  readonly logScale: tf.Tensor;
}

/**
 * The cross-entropy J, as a loss whose gradient does not vanish where the network is sure, and what that one's is multiplied by: the log odds L have
 * `∇J = (1 - p_y) ∇L`. Where gradients of several points or models are added, they are weighted by that over the largest. Of an ensemble that is fused in its losses,
 * J is `Σ_k w_k J_k`.
 */
export function crossEntropy({ lossWeights }: Weighted, scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind): CrossEntropy {
  if (output !== 'LOGITS') {
    const loss = logOddsLoss(scores, labels, output);
    return { loss, logScale: tf.zerosLike(loss) };
  }
  const odds = (lossWeights ? split(scores, lossWeights) : [scores]).map((one) => logOddsLoss(one, labels, 'LOGITS'));
  // log(1 - p) = -softplus(-L).
  const slopes = odds.map((one, k) => stopGradient(tf.sub(Math.log(lossWeights?.[k] ?? 1), tf.softplus(tf.neg(one)))));
  if (odds.length === 1) return { loss: odds[0]!, logScale: slopes[0]! };
  const largest = slopes.reduce((a, b) => tf.maximum(a, b));
  return { loss: tf.addN(odds.map((one, k) => tf.mul(tf.exp(tf.sub(slopes[k]!, largest)), one))), logScale: largest };
}

const split = (scores: tf.Tensor2D, weights: readonly number[]) => tf.split<tf.Tensor2D>(scores, weights.length, 1);
