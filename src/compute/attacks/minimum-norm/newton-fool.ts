/**
 * NewtonFool (Jang et al. 2017): Newton's steps that lower the probability of the true class to chance, none longer than a share of the image's length, until the
 * model is fooled.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { l2Budget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { logOddsLoss, lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { L2 } from '../norms/l2.js';
import { clipToRange, lengthOf, TINY } from '../norms/reduce.js';
import { reachedBy } from './goal.js';
import { stepsUntilReached } from './steps.js';
import { rounded } from './stored.js';

export const newtonFool = defineAttack({
  kind: 'NEWTON_FOOL',
  name: 'newtonFool',
  title: 'NewtonFool',
  description:
    "Newton's steps that lower the probability of the true class, until the model is fooled: a small change in L2 for few passes.",
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: {
    title: 'Objective Metrics and Gradient Descent Algorithms for Adversarial Examples in Machine Learning',
    authors: 'Jang, Wu, Jha',
    year: 2017,
    link: 'doi:10.1145/3134600.3134635',
  },
  parameters: {
    epsilon: L2_CAP,
    steps: integer({
      default: 100,
      minimum: 1,
      maximum: 100_000,
      description: 'Most steps of each example. The default is that of ART and Foolbox.',
    }),
    eta: real({
      default: 0.01,
      minimum: 1e-6,
      maximum: 10,
      description: 'η: longest step, as a share of the length of the original image. The default is that of ART and Foolbox.',
    }),
  },
  budget: l2Budget,
  run: (task, { epsilon, steps, eta }) =>
    smallestChange(task, l2Budget({ epsilon }), 1, (left) =>
      stepsUntilReached(left, {
        name: 'step',
        norm: 'L2',
        // A step looks where the step before went.
        count: steps + 1,
        cost: { queries: 1, gradients: 1 },
        state: { current: left.images },
        fixed: { share: constant(left.labels.length, eta) },
        step(logits, { original, aim: label, current, share }) {
          const image = rounded(left, current, original, 'L2');
          const odds = (scores: tf.Tensor2D) => logOddsLoss(scores, label, left.model.output);
          const { scores, losses, gradient } = lossAndGradient(left, logits, image, odds);
          // For logits the losses L are log-odds, of which p = σ(-L) has the slope -p (1 - p) ∇L: in float32 that is zero where the network is sure, and the
          // quotient below is not. For probabilities L = -log p, and ∇p = -p ∇L.
          const isLogits = left.model.output === 'LOGITS';
          const p = isLogits ? tf.sigmoid(tf.neg(losses)) : tf.exp(tf.neg(losses));
          const slope = tf.mul(isLogits ? tf.mul(p, tf.sigmoid(losses)) : p, lengthOf(gradient));
          const toChance = tf.div(tf.relu(tf.sub(p, 1 / left.model.spec.classCount)), tf.maximum(slope, TINY));
          const length = tf.minimum(tf.mul(share, lengthOf(original)), toChance);
          const next = clipToRange(tf.add(current, tf.mul(length, L2.steepest(gradient, image))));
          return { image, reached: reachedBy(left, scores, label), state: { current: next } };
        },
      }),
    ),
});
