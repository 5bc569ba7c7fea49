/**
 * PDPGD, the primal-dual proximal gradient attack (Matyasko & Chau 2021): Adam on the classification loss, then the proximal operator of the norm, which shortens the
 * change; the weight of the two is a dual variable, which rises while the model is not fooled and falls while it is.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { integer, real } from '../../parameters/index.js';
import { adamStatistics } from '../core/adam.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { PROXIMAL } from '../norms/proximal.js';
import { clipToRange, largestOf, lengthOf, TINY } from '../norms/reduce.js';
import { goalMargin, reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** Share of the dual variable before in its running mean, the limit of its logarithm, and the change at which proximal steps stop: values of adversarial-library. */
const [KEPT, DUAL_LIMIT, CONVERGED] = [0.9, -Math.log(1e-6), 1e-2];

export const pdpgdL0 = pdpgd('L0');
export const pdpgdL1 = pdpgd('L1');
export const pdpgdL2 = pdpgd('L2');
export const pdpgdLinf = pdpgd('LINF');

function pdpgd(norm: Norm) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `PDPGD_${norm}`,
    name: `pdpgd${suffix}`,
    title: `PDPGD, ${symbol}`,
    description: `Looks for the smallest change in ${symbol}: gradient steps, each followed by one that shortens the change, whose weight adapts to each example.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: true,
    reference: {
      title: 'PDPGD: Primal-Dual Proximal Gradient Descent Adversarial Attack',
      authors: 'Matyasko, Chau',
      year: 2021,
      link: 'arXiv:2106.01538',
    },
    parameters: {
      epsilon: cap,
      steps: integer({
        default: 500,
        minimum: 1,
        maximum: 100_000,
        description: 'Number of steps. The default is that of adversarial-library.',
      }),
      primalRate: real({
        default: 0.1,
        minimum: 1e-6,
        maximum: 10,
        description: "Adam's learning rate at first. The default is that of adversarial-library.",
      }),
      primalReduction: real({
        default: 0.01,
        minimum: 1e-6,
        maximum: 1,
        description: 'What the learning rate falls to, exponentially, as a share.',
      }),
      dualRate: real({
        default: 0.1,
        minimum: 0,
        maximum: 10,
        description: 'By how much the logarithm of the dual variable rises or falls in the first step.',
      }),
      dualReduction: real({ default: 0.1, minimum: 0, maximum: 1, description: 'What that falls to, linearly, as a share.' }),
      dualRatio: real({
        default: 0.01,
        minimum: 1e-6,
        maximum: 1e6,
        description: 'Weight of the length over that of the classification, at first.',
      }),
      proximalSteps: integer({ default: 5, minimum: 1, maximum: 20, description: 'Most proximal steps after each gradient step.' }),
      ...TARGET_PARAMETERS,
    },
    budget,
    run: (task, { epsilon, steps, primalRate, primalReduction, dualRate, dualReduction, dualRatio, proximalSteps }) =>
      smallestChange(task, budget({ epsilon }), 1, (left) => {
        const n = left.labels.length;
        const zeros = () => ({ ...left.images, data: new Float32Array(left.images.data.length) });
        // Logarithm of the classification's weight over the length's, and the running mean of its softmax.
        const first = -Math.log(dualRatio);
        return takeSteps(left, {
          name: `step.${proximalSteps}`,
          norm,
          count: steps,
          cost: { queries: 1, gradients: 1 },
          state: {
            ...{ current: left.images, mean: zeros(), square: zeros(), time: constant(n, 0) },
            ...{ dual: constant(n, first), weight: constant(n, 1 / (1 + Math.exp(-first))) },
          },
          fixed: {
            ...{ count: constant(n, steps), rate: constant(n, primalRate), reduction: constant(n, primalReduction) },
            ...{ dualStep: constant(n, dualRate), dualLast: constant(n, dualReduction) },
          },
          step(logits, inputs) {
            const { original, aim, current, dual, weight, count, rate, reduction, dualStep, dualLast, mean, square, time } = inputs;
            const image = (x: tf.Tensor) => rounded(left, x, original, norm);
            const marginOf = goalMargin(left, aim);
            const lossOf = (scores: tf.Tensor2D) => tf.softplus(tf.neg(marginOf(scores)));
            const { scores, gradient } = lossAndGradient(left, (x) => logits(image(x)), current, lossOf);
            const reached = reachedBy(left, scores, aim);

            const { unbiasedMean, root, next } = adamStatistics({ mean, square, time }, gradient);
            const denominator = tf.add(root, 1e-8);
            const size = tf.mul(rate, tf.pow(reduction, tf.div(time, count)));
            const moved = clipToRange(tf.sub(current, tf.mul(size, tf.div(unbiasedMean, denominator))));
            const change = tf.sub(moved, original);
            const largest = largestOf(denominator);
            const curvature = tf.div(denominator, largest);
            // The length's weight over the classification's, in units of the step.
            const mu = tf.mul(tf.div(tf.sub(1, weight), weight), tf.div(size, largest));
            let shortened = change;
            let open: tf.Tensor = tf.onesLike(mu);
            for (let k = 0; k < proximalSteps; k++) {
              const ahead = PROXIMAL[norm](tf.sub(shortened, tf.mul(curvature, tf.sub(shortened, change))), mu);
              const kept = tf.sub(clipToRange(tf.add(original, ahead)), original);
              const after = tf.where(tf.greater(open, CONVERGED), kept, shortened);
              open = tf.div(lengthOf(tf.sub(after, shortened)), tf.maximum(lengthOf(after), TINY));
              shortened = after;
            }
            const left1 = tf.div(tf.sub(tf.sub(count, 1), time), tf.maximum(tf.sub(count, 1), 1));
            const dualSize = tf.mul(dualStep, tf.add(tf.mul(left1, tf.sub(1, dualLast)), dualLast));
            const nextDual = tf.clipByValue(
              tf.add(dual, tf.mul(dualSize, tf.where(reached, tf.neg(tf.onesLike(dual)), tf.onesLike(dual)))),
              -DUAL_LIMIT,
              DUAL_LIMIT,
            );
            return {
              image: image(current),
              reached,
              state: {
                current: clipToRange(tf.add(original, shortened)),
                ...next,
                dual: nextDual,
                weight: tf.add(tf.mul(KEPT, weight), tf.mul(1 - KEPT, tf.sigmoid(nextDual))),
              },
            };
          },
        });
      }),
  });
}
