/**
 * σ-zero (Cinà et al. 2025): Adam on the margin together with a smooth form of the number of changed values, `mean δ² / (δ² + σ)`; after each step, changes
 * below a threshold τ are undone. τ grows while the model is fooled and shrinks while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { adamDirection } from '../core/adam.js';
import { l0Budget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L0_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { clipToRange, scaledToLargest, sumOverPixels } from '../norms/reduce.js';
import { goalMargin, reachedBy } from './goal.js';
import { annealed, takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** Length of the last step, as a share of that of the first. */
const LAST_STEP = 0.1;

export const sigmaZero = defineAttack({
  kind: 'SIGMA_ZERO',
  name: 'sigmaZero',
  title: 'σ-zero',
  description: 'Looks for the fewest pixel values to change: gradient steps on a smooth form of their number, and a threshold that adapts.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'σ-zero: Gradient-based Optimization of ℓ0-norm Adversarial Examples',
    authors: 'Cinà, Villani, Pintor, Schönherr, Biggio, Pelillo',
    year: 2025,
    link: 'arXiv:2402.01879',
  },
  parameters: {
    epsilon: L0_CAP,
    steps: integer({ default: 1000, minimum: 1, maximum: 100_000, description: "Number of steps. The default is the authors'." }),
    alpha: real({
      default: 1,
      minimum: 1e-6,
      maximum: 10,
      description: "η₀: Adam's learning rate at first; along a cosine to a tenth of it. The default is the authors'.",
    }),
    sigma: real({
      default: 1e-3,
      minimum: 1e-9,
      maximum: 1,
      description: "σ: how smooth the form of the number of changed values is; less is nearer to it. The default is the authors'.",
    }),
    threshold: real({
      default: 0.3,
      minimum: 0,
      maximum: 1,
      description: "τ₀: changes below it are undone, at first. The default is the authors'.",
    }),
    thresholdRate: real({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: "t: by how much τ grows or shrinks in a step, in units of the learning rate. The default is the authors'.",
    }),
    ...TARGET_PARAMETERS,
  },
  budget: l0Budget,
  run: (task, { epsilon, steps, alpha, sigma, threshold, thresholdRate }) =>
    smallestChange(task, l0Budget({ epsilon }), 1, (left) => {
      const n = left.labels.length;
      const zeros = () => ({ ...left.images, data: new Float32Array(left.images.data.length) });
      const size = left.images.data.length / Math.max(1, n);
      return takeSteps(left, {
        name: 'step',
        norm: 'L0',
        count: steps,
        cost: { queries: 1, gradients: 1 },
        state: {
          current: left.images,
          ...{ mean: zeros(), square: zeros(), time: constant(n, 0) },
          ...{ tau: constant(n, threshold), rate: constant(n, alpha) },
        },
        fixed: {
          ...{ pace: constant(n, 1 / steps), firstRate: constant(n, alpha) },
          ...{ smoothness: constant(n, sigma), growth: constant(n, thresholdRate) },
        },
        step(logits, { original, aim, current, tau, rate, pace, firstRate, smoothness, growth, ...adam }) {
          const image = (x: tf.Tensor) => rounded(left, x, original, 'L0');
          const lossOf = (scores: tf.Tensor2D, x: tf.Tensor) => {
            const squares = tf.square(tf.sub(x, original));
            const changed = tf.div(sumOverPixels(tf.div(squares, tf.add(squares, smoothness))), size);
            return tf.add(tf.relu(tf.neg(goalMargin(left, aim)(scores))), changed);
          };
          const { scores, gradient } = lossAndGradient(left, (x) => logits(image(x)), current, lossOf);
          const reached = reachedBy(left, scores, aim);
          const progress = tf.mul(adam.time, pace);
          const { direction, next } = adamDirection(adam, scaledToLargest(gradient));
          const moved = clipToRange(tf.sub(current, tf.mul(rate, direction)));
          const nextRate = annealed(firstRate, tf.mul(LAST_STEP, firstRate), progress);
          const nextTau = clipToRange(
            tf.add(tau, tf.mul(tf.mul(growth, nextRate), tf.where(reached, tf.onesLike(tau), tf.neg(tf.onesLike(tau))))),
          );
          const stays = tf.greaterEqual(tf.abs(tf.sub(moved, original)), nextTau);
          return {
            image: image(current),
            reached,
            state: { current: tf.where(stays, moved, original), ...next, tau: nextTau, rate: nextRate },
          };
        },
      });
    }),
});
