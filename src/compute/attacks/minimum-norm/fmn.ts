/**
 * FMN, the fast minimum-norm attack (Pintor et al. 2021): gradient steps, each projected into a ball around the original whose radius shrinks while the model
 * is fooled and grows while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { integer, real } from '../../parameters/index.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { NOTHING, smallestChange } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { projectL0 } from '../norms/l0.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { dualLengthIn, lengthIn } from '../norms/lengths.js';
import { LINF } from '../norms/linf.js';
import { clipToRange, TINY } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { goalMargin, reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { annealed, takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** The ball of a norm, and how its radius changes. */
interface Ball extends Pick<BudgetNorm, 'project'> {
  /** Absent: the radius is the distance of the boundary, by the linear form of the margin, for as long as nothing is found. */
  readonly firstRadius?: number;
  readonly shrink: (radius: tf.Tensor, rate: tf.Tensor) => tf.Tensor;
  readonly grow: (radius: tf.Tensor, rate: tf.Tensor) => tf.Tensor;
}

const shrink: Ball['shrink'] = (radius, rate) => tf.mul(radius, tf.sub(1, rate));
const grow: Ball['grow'] = (radius, rate) => tf.mul(radius, tf.add(1, rate));

/** What differs between the norms. */
const BALLS: Readonly<Record<Norm, Ball>> = {
  /** The radius is a whole number, and changes by one at least. */
  L0: {
    project: projectL0,
    firstRadius: 1,
    shrink: (radius, rate) => tf.minimum(tf.sub(radius, 1), tf.floor(shrink(radius, rate))),
    grow: (radius, rate) => tf.maximum(tf.add(radius, 1), tf.floor(grow(radius, rate))),
  },
  /**
   * Clipped to the pixel range before the projection, unlike in the authors' code: what a step moves beyond the range would use up the radius, and where that
   * is all of it the search does not get on.
   */
  L1: { project: (x, original, epsilon) => L1.project(clipToRange(x), original, epsilon), shrink, grow },
  L2: { project: L2.project, shrink, grow },
  LINF: { project: LINF.project, shrink, grow },
};

/** Length of the last step, as a share of that of the first, and the last γ. */
const LAST_STEP = 0.01;
const LAST_GAMMA = 0.001;

export const fmnL0 = fmn('L0');
export const fmnL1 = fmn('L1');
export const fmnL2 = fmn('L2');
export const fmnLinf = fmn('LINF');

function fmn(norm: Norm) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  const ball = BALLS[norm];
  return defineAttack({
    kind: `FMN_${norm}`,
    name: `fmn${suffix}`,
    title: `FMN, ${symbol}`,
    description: `Looks for the smallest change in ${symbol}: gradient steps inside a ball that shrinks while the model is fooled.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: true,
    reference: {
      title: 'Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints',
      authors: 'Pintor, Roli, Brendel, Biggio',
      year: 2021,
      link: 'arXiv:2102.12827',
    },
    parameters: {
      epsilon: cap,
      steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps.' }),
      alpha: real({
        default: 1,
        minimum: 1e-6,
        maximum: 1000,
        description: 'α: Euclidean length of the first step; the last is a hundredth of that.',
      }),
      gamma: real({
        default: 0.05,
        minimum: 0.001,
        maximum: 0.5,
        description: 'γ: by which part the radius shrinks or grows after the first step; after the last it is 0.001.',
      }),
      ...TARGET_PARAMETERS,
    },
    budget,
    run: (task, { epsilon, steps, alpha, gamma }) =>
      smallestChange(task, budget({ epsilon }), 1, (left) => {
        const n = left.labels.length;
        return takeSteps(left, {
          name: 'step',
          norm,
          count: steps,
          cost: { queries: 1, gradients: 1 },
          state: { current: left.images, radius: constant(n, ball.firstRadius ?? NOTHING), progress: constant(n, 0) },
          fixed: { pace: constant(n, 1 / steps), firstStep: constant(n, alpha), firstGamma: constant(n, gamma) },
          step(logits, { original, aim, current, radius, shortest, progress, pace, firstStep, firstGamma }) {
            const image = rounded(left, current, original, norm);
            const { scores, losses: margin, gradient } = lossAndGradient(left, logits, image, goalMargin(left, aim));
            const reached = reachedBy(left, scores, aim);

            const rate = annealed(firstGamma, LAST_GAMMA, progress);
            const length = lengthIn[norm](tf.sub(image, original));
            const known = tf.where(reached, tf.minimum(length, shortest), shortest);
            const shrunk = tf.minimum(known, ball.shrink(radius, rate));
            let grown = ball.grow(radius, rate);
            if (ball.firstRadius === undefined) {
              const way = tf.div(tf.abs(margin), tf.maximum(dualLengthIn[norm](gradient), TINY));
              const toBoundary = tf.add(lengthIn[norm](tf.sub(current, original)), way);
              grown = tf.where(tf.less(shortest, NOTHING), grown, toBoundary);
            }
            const longest = lengthIn[norm](tf.maximum(original, tf.sub(1, original)));
            const next = tf.maximum(tf.minimum(tf.where(reached, shrunk, grown), longest), 0);

            const size = annealed(firstStep, tf.mul(LAST_STEP, firstStep), progress);
            const moved = tf.add(current, tf.mul(size, L2.steepest(gradient, image)));
            return {
              image,
              reached,
              state: { current: ball.project(moved, original, next), radius: next, progress: tf.add(progress, pace) },
            };
          },
        });
      }),
  });
}
