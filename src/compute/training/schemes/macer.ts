/**
 * MACER (Zhai et al. 2020, arXiv 2001.02378): training that makes certified radii larger without an attack. The loss is the cross-entropy of the mean prediction over
 * noisy copies, plus λ times a hinge on the radius of those that it gets right, with a sharper softmax.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { quantile } from '../normal-quantile.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme } from './definition.js';
import { copiesOf, NOISE, noiseInputs } from './noisy-copies.js';

interface MacerOptions {
  readonly sigma: number;
  readonly copies: number;
  readonly lambda: number;
  readonly gamma: number;
  readonly beta: number;
}

/** Probabilities are kept from 0 and 1, where the quantile has no slope that float32 can hold. */
const END = 1e-4;
const SMALLEST = 1e-12;

function macer({ sigma, copies, lambda, gamma, beta }: MacerOptions): TrainingScheme {
  return {
    name: 'macer',
    parameters: { sigma, copies, lambda, gamma, beta },
    ...noiseInputs('macer', copies, sigma),
    loss(network, { images, labels, inputs, classCount }) {
      const m = images.shape[0];
      const { logits } = network(copiesOf(images, inputs, copies));
      const meanOf = (scores: tf.Tensor) => tf.mean(tf.reshape(tf.softmax(scores), [copies, m, classCount]), 0) as tf.Tensor2D;
      const [soft, sharp] = [meanOf(logits), meanOf(tf.mul(logits, beta))];
      const oneHot = tf.cast(tf.oneHot(labels, classCount), 'float32');
      const ofLabel = (probabilities: tf.Tensor2D) => tf.sum(tf.mul(probabilities, oneHot), 1);
      const crossEntropy = tf.neg(tf.mean(tf.log(tf.add(ofLabel(soft), SMALLEST))));
      const own = ofLabel(sharp);
      const other = tf.max(tf.sub(sharp, oneHot), 1);
      const isRight = tf.cast(tf.greater(own, other), 'float32');
      const difference = tf.sub(quantile(tf.clipByValue(own, END, 1 - END)), quantile(tf.clipByValue(other, END, 1 - END)));
      // σ / 2 · max(0, γ − (ξ_y − ξ_other)): the radius is σ / 2 of the difference.
      const hinge = tf.mul(isRight, tf.relu(tf.sub(gamma, difference)));
      const radii = tf.mul((lambda * sigma) / 2 / m, tf.sum(hinge));
      return { loss: tf.add(crossEntropy, radii), logits: tf.log(tf.add(soft, SMALLEST)) as tf.Tensor2D, labels };
    },
  };
}

export const macerDefinition = defineScheme({
  name: 'macer',
  title: 'MACER',
  description: 'Maximises the certified radius of the smoothed classifier itself, without an attack.',
  reference: {
    title: 'MACER: Attack-free and Scalable Robust Training via Maximizing Certified Radius',
    authors: 'Zhai, Dan, He, Zhang, Gong, Ravikumar, Hsieh, Wang',
    year: 2020,
    link: 'arXiv:2001.02378',
  },
  parameters: {
    ...NOISE,
    copies: integer({ default: 16, minimum: 1, maximum: 64, description: 'Noisy copies of each image, k in the paper, which takes 16.' }),
    lambda: real({ default: 12, minimum: 0, maximum: 1000, description: 'λ: weight of the radius. The paper takes 12 for σ = 0.25.' }),
    gamma: real({
      default: 8,
      minimum: 0,
      maximum: 100,
      description: 'γ: margin of the hinge, in standard deviations. The paper takes 8.',
    }),
    beta: real({
      default: 16,
      minimum: 0.01,
      maximum: 1000,
      description: 'β: what logits are multiplied by for the radius. The paper takes 16.',
    }),
  },
  create: (parameters) => macer(parameters),
});
