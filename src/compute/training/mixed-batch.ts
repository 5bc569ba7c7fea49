/**
 * Minibatches in which the first k of m images are adversarial ones (Kurakin et al. 2016, algorithm 1):
 * `Loss = 1 / ((m - k) + λk) · (Σ_clean L + λ Σ_adv L)`.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../tensors/index.js';
import { floats } from './random-inputs.js';
import type { Pass, SchemeLoss, SchemeStep, TrainingPass } from './types.js';

/**
 * What batch norm takes the statistics of. MIXED: all images of the minibatch together. Otherwise clean and adversarial images each by themselves, as with the
 * auxiliary batch norm of Xie et al. 2020 (arXiv 1911.09665); the images that are named give the moving statistics, and so what the model normalises by at inference.
 */
export type Statistics = 'MIXED' | 'CLEAN' | 'ADVERSARIAL';

/** Weight of each example's loss, `[m]`; their sum is 1. */
export function exampleWeights(m: number, k: number, lambda: number): HostTensor {
  const total = m - k + lambda * k;
  return floats(
    [m],
    Float32Array.from({ length: m }, (_, i) => (i < k ? lambda : 1) / total),
  );
}

/** Σ weight · L over a pass. */
export function weightedLoss(pass: Pass, labels: tf.Tensor1D, weights: tf.Tensor): tf.Scalar {
  return tf.sum(tf.mul(weights, pass.crossEntropy(labels)));
}

/**
 * The loss of a mixed minibatch.
 * @param adversarial `[k, …]` in place of the first k images; k may be 0 (undefined).
 * @param weights of the examples, `[m]`.
 * @param statistics where not MIXED and there are images of both kinds, two passes.
 */
export function mixedLoss(
  network: TrainingPass,
  { images, labels }: SchemeStep,
  adversarial: tf.Tensor4D | undefined,
  weights: tf.Tensor,
  statistics: Statistics = 'MIXED',
): SchemeLoss {
  const [m, k] = [images.shape[0], adversarial?.shape[0] ?? 0];
  if (!adversarial || k === m || statistics === 'MIXED') {
    const mixed = !adversarial ? images : k === m ? adversarial : tf.concat([adversarial, tf.slice(images, [k], [m - k])], 0);
    const pass = network(mixed as tf.Tensor4D);
    return { loss: weightedLoss(pass, labels, weights), logits: pass.logits, labels };
  }
  const part = (x: tf.Tensor4D, from: number, count: number, kind: Statistics) => {
    const pass = network(x, kind === statistics);
    return { pass, loss: weightedLoss(pass, tf.slice(labels, [from], [count]), tf.slice(weights, [from], [count])) };
  };
  const clean = part(tf.slice(images, [k], [m - k]), k, m - k, 'CLEAN');
  const attacked = part(adversarial, 0, k, 'ADVERSARIAL');
  return {
    loss: tf.add(clean.loss, attacked.loss),
    logits: tf.concat([attacked.pass.logits, clean.pass.logits], 0),
    labels,
  };
}

/** The mean loss of images that keep their labels. */
export function meanLoss(network: (x: tf.Tensor4D) => Pass, images: tf.Tensor4D, labels: tf.Tensor1D): SchemeLoss {
  const pass = network(images);
  return { loss: weightedLoss(pass, labels, tf.fill([images.shape[0]], 1 / images.shape[0])), logits: pass.logits, labels };
}
