/**
 * DDN, the decoupled direction and norm attack (Rony et al. 2019): looks for the smallest L2 change. The direction follows the gradient; the length shrinks
 * by 1 - γ while the model is fooled and grows by 1 + γ while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { l2Budget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { L2 } from '../norms/l2.js';
import { clipToRange, lengthOf, TINY } from '../norms/reduce.js';
import { goalLogOdds, reachedBy } from './goal.js';
import { annealed, takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** Length of the first step, and of the last. */
const FIRST_STEP = 1;
const LAST_STEP = 0.01;

export const ddn = defineAttack({
  kind: 'DDN',
  name: 'ddn',
  title: 'DDN',
  description: 'Looks for the smallest change in L2: the direction follows the gradient, the length shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and Defenses',
    authors: 'Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger',
    year: 2019,
    link: 'arXiv:1811.09600',
  },
  parameters: {
    epsilon: L2_CAP,
    steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: "Number of steps. The default is the authors'." }),
    initialEpsilon: real({
      default: 1,
      minimum: 0.001,
      maximum: 1000,
      description: "Length of the change (L2) before it shrinks or grows for the first time. The default is the authors'.",
    }),
    levels: integer({
      minimum: 2,
      maximum: 256,
      description:
        'Levels that pixel values are rounded to in every step, as the authors do with 256. Absent: 256 where success is decided on stored images, no rounding where it is on floats.',
    }),
    gamma: real({
      default: 0.05,
      minimum: 0.001,
      maximum: 0.5,
      description: 'γ: by how much the length of the change shrinks or grows in a step.',
    }),
    ...TARGET_PARAMETERS,
  },
  budget: l2Budget,
  run: (task, { epsilon, steps, initialEpsilon, levels, gamma }) =>
    smallestChange(task, l2Budget({ epsilon }), 1, (left) => {
      const n = left.labels.length;
      return takeSteps(left, {
        name: levels === undefined ? 'step' : 'step.levels',
        norm: 'L2',
        count: steps,
        cost: { queries: 1, gradients: 1 },
        state: { current: left.images, length: constant(n, initialEpsilon), progress: constant(n, 0) },
        fixed: { pace: constant(n, 1 / steps), rate: constant(n, gamma), top: constant(n, (levels ?? 256) - 1) },
        /** Evaluates the current image, then makes a step. */
        step(logits, { original, current, aim, length, progress, pace, rate, top }) {
          const { scores, gradient } = lossAndGradient(left, logits, current, goalLogOdds(left, aim));
          const reached = reachedBy(left, scores, aim);
          const size = annealed(FIRST_STEP, LAST_STEP, progress);
          const ahead = tf.add(tf.sub(current, original), tf.mul(size, L2.steepest(gradient, current)));
          const next = tf.mul(length, tf.where(reached, tf.sub(1, rate), tf.add(1, rate)));
          const scaled = tf.mul(ahead, tf.div(next, tf.maximum(lengthOf(ahead), TINY)));
          const inRange = clipToRange(tf.add(original, scaled));
          const coarse = levels === undefined ? inRange : tf.div(tf.round(tf.mul(inRange, top)), top);
          const moved = rounded(left, coarse, original, 'L2');
          return { image: current, reached, state: { current: moved, length: next, progress: tf.add(progress, pace) } };
        },
      });
    }),
});
