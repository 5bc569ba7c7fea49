/**
 * ALMA, augmented Lagrangian minimal adversarial perturbations (Rony et al. 2021): steps on the length of the change and a penalty on the difference of logits
 * ratio, whose multiplier μ and weight ρ adapt to each example.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS, hasTarget } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { lengthIn } from '../norms/lengths.js';
import { clipToRange, sumOverPixels } from '../norms/reduce.js';
import { goalRatio, reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** Values of the authors' code. */
const [TOLERANCE, SMALLEST_MULTIPLIER, LARGEST_MULTIPLIER, SMALLEST_ROOT] = [1e-4, 1e-6, 1e12, 1e-8];

/** Keeps the slope of a root finite where nothing has changed. */
const SMALLEST_SQUARE = 1e-12;

/** The length of a change, with a slope everywhere. */
const DISTANCES = {
  L1: lengthIn.L1,
  L2: (change: tf.Tensor) => tf.sqrt(tf.add(sumOverPixels(tf.square(change)), SMALLEST_SQUARE)),
};

export const almaL1 = alma('L1');
export const almaL2 = alma('L2');

function alma(norm: keyof typeof DISTANCES) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `ALMA_${norm}`,
    name: `alma${suffix}`,
    title: `ALMA, ${symbol}`,
    description: `Looks for the smallest change in ${symbol} by an augmented Lagrangian, whose weights adapt to each example. Needs three classes, and four towards a target.`,
    access: 'GRADIENT',
    norms: [norm],
    classes: 3,
    classesOf: (parameters) => (hasTarget(parameters) ? 4 : 3),
    targeted: true,
    reference: {
      title: 'Augmented Lagrangian Adversarial Attacks',
      authors: 'Rony, Granger, Pedersoli, Ben Ayed',
      year: 2021,
      link: 'arXiv:2011.11857',
    },
    parameters: {
      epsilon: cap,
      steps: integer({ default: 1000, minimum: 1, maximum: 100_000, description: "Number of steps. The default is the authors'." }),
      learningRate: real({
        default: 0.1,
        minimum: 1e-6,
        maximum: 10,
        description: "Learning rate of the steps, until the model is fooled for the first time. The default is the authors'.",
      }),
      learningRateReduction: real({
        default: 0.01,
        minimum: 1e-6,
        maximum: 1,
        description: "What the learning rate has fallen to at the last step, as a share. The default is the authors'.",
      }),
      multiplier: real({ default: 1, minimum: 1e-6, maximum: 1e6, description: "μ at first. The default is the authors'." }),
      penalty: real({ default: 1, minimum: 1e-6, maximum: 1e6, description: "ρ at first. The default is the authors'." }),
      checkSteps: integer({
        default: 10,
        minimum: 1,
        maximum: 1000,
        description: "Steps after which ρ grows where no image was found and the ratio is no better. The default is the authors'.",
      }),
      improvement: real({
        default: 0.95,
        minimum: 0,
        maximum: 1,
        description: "τ: what the ratio must have fallen to for ρ to stay, as a share. The default is the authors'.",
      }),
      gamma: real({ default: 1.2, minimum: 1, maximum: 100, description: "γ: factor by which ρ grows. The default is the authors'." }),
      smoothing: real({
        default: 0.9,
        minimum: 0,
        maximum: 0.999,
        description:
          "α: weight of what was before, in the multiplier, the gradients' squares and the momentum. The default is the authors'.",
      }),
      ...TARGET_PARAMETERS,
    },
    budget,
    run: (task, { epsilon, steps, ...values }) =>
      smallestChange(task, budget({ epsilon }), 1, (left) => {
        const n = left.labels.length;
        const filled = (value: number) => ({ ...left.images, data: new Float32Array(left.images.data.length).fill(value) });
        return takeSteps(left, {
          name: 'step',
          norm,
          count: steps,
          cost: { queries: 1, gradients: 1 },
          state: {
            ...{ current: left.images, squares: filled(1), momentum: filled(0) },
            ...{ mu: constant(n, values.multiplier), rho: constant(n, values.penalty), before: constant(n, 0) },
            // The step at which the first image was found; more than all steps before.
            ...{ taken: constant(n, 0), foundAt: constant(n, steps + 1) },
          },
          fixed: {
            ...{ count: constant(n, steps), rate: constant(n, values.learningRate), reduction: constant(n, values.learningRateReduction) },
            ...{ every: constant(n, values.checkSteps), enough: constant(n, values.improvement), factor: constant(n, values.gamma) },
            kept: constant(n, values.smoothing),
          },
          step(logits, inputs) {
            const { original, aim, current, squares, momentum, mu, rho, before, taken, foundAt } = inputs;
            const { count, rate, reduction, every, enough, factor, kept } = inputs;
            const image = (x: tf.Tensor) => rounded(left, x, original, norm);
            const isFirst = tf.equal(taken, 0);
            const ratioOf = goalRatio(left, aim, TOLERANCE);
            // One pass for the ratio and its slope: ρ and μ of this step depend on the ratio, and the penalty's slope is a number times that of the ratio.
            const { scores, losses: ratio, gradient: slope } = lossAndGradient(left, (x) => logits(image(x)), current, ratioOf);
            const isNear = reachedBy(left, scores, aim);
            const wasFound = tf.lessEqual(foundAt, count);
            const isChecked = tf.logicalAnd(tf.equal(tf.mod(tf.add(taken, 1), every), 0), tf.logicalNot(isFirst));
            const isBetter = tf.less(ratio, tf.mul(enough, before));
            const grows = tf.logicalAnd(isChecked, tf.logicalNot(tf.logicalOr(wasFound, isBetter)));
            const nextRho = tf.where(grows, tf.mul(factor, rho), rho);
            const blended = tf.add(tf.mul(kept, mu), tf.mul(tf.sub(1, kept), penaltySlope(ratio, nextRho, mu)));
            const nextMu = tf.where(isFirst, mu, tf.clipByValue(blended, SMALLEST_MULTIPLIER, LARGEST_MULTIPLIER));
            const nextFound = tf.where(tf.logicalAnd(isNear, tf.logicalNot(wasFound)), taken, foundAt);

            const ofDistance = tf.grad((x) => tf.sum(DISTANCES[norm](tf.sub(x, original))))(current);
            const ofPenalty = tf.mul(penaltySlope(ratio, nextRho, nextMu), slope);
            const gradient = tf.where(isFirst, ofPenalty, tf.add(ofDistance, ofPenalty));
            const since = tf.div(tf.relu(tf.sub(taken, nextFound)), tf.maximum(tf.sub(count, nextFound), 1));
            const nextSquares = tf.add(tf.mul(kept, squares), tf.mul(tf.sub(1, kept), tf.square(gradient)));
            const nextMomentum = tf.add(tf.mul(kept, momentum), tf.div(gradient, tf.add(tf.sqrt(nextSquares), SMALLEST_ROOT)));
            const moved = clipToRange(tf.sub(current, tf.mul(tf.mul(rate, tf.pow(reduction, since)), nextMomentum)));
            return {
              image: image(current),
              reached: isNear,
              state: {
                ...{ current: moved, squares: nextSquares, momentum: nextMomentum, mu: nextMu, rho: nextRho },
                before: tf.where(tf.logicalOr(isFirst, isChecked), ratio, before),
                taken: tf.add(taken, 1),
                foundAt: nextFound,
              },
            };
          },
        });
      }),
  });
}

/** Derivative by y of the penalty P2: `μy + μρy² + ρ²y³/6` for positive y, `μy / (1 - ρy)` for others. */
function penaltySlope(y: tf.Tensor, rho: tf.Tensor, mu: tf.Tensor): tf.Tensor {
  const scaled = tf.mul(rho, y);
  const above = tf.add(tf.mul(mu, tf.add(1, tf.mul(2, scaled))), tf.div(tf.square(scaled), 2));
  const below = tf.div(mu, tf.square(tf.sub(1, tf.minimum(scaled, 0))));
  return tf.where(tf.greaterEqual(y, 0), above, below);
}
