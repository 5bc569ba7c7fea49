/** Losses that attacks climb or descend. They are sums over the batch, so that each example's gradient is its own whatever the batch size. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { OutputKind } from '../models/types.js';

/** Keeps the logarithm of a saturated probability finite. */
const SMALLEST_PROBABILITY = 1e-12;

/**
 * Cross-entropy `J(X, y)`, summed over the batch.
 * @param scores `[n, classCount]`, what the model puts out. @param labels `[n]`, int32.
 */
export function crossEntropy(scores: tf.Tensor2D, labels: tf.Tensor1D, output: OutputKind): tf.Scalar {
  const logProbabilities = output === 'LOGITS' ? tf.logSoftmax(scores) : tf.log(tf.maximum(scores, SMALLEST_PROBABILITY));
  return tf.neg(tf.sum(tf.mul(tf.oneHot(labels, scores.shape[1]), logProbabilities)));
}
