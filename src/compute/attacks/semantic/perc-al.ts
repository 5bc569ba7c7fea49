/**
 * PerC-AL (Zhao, Liu & Larson 2020): steps up the loss while the image is of its class, and steps down the difference of colours that people see while it is not.
 * The authors' code of that difference has slips (39° for 30°, black as darker than black), which are not taken over.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Budget } from '../../distances/index.js';
import { integer, real } from '../../parameters/index.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { LOGIT_MARGIN } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { goalLogOdds, reachedWith } from '../minimum-norm/goal.js';
import { annealed, takeSteps } from '../minimum-norm/steps.js';
import { rounded } from '../minimum-norm/stored.js';
import { clipToRange, lengthOf, scaledToLargest, TINY } from '../norms/reduce.js';
import { checkColours, colourDifference } from './colours.js';

const NO_BUDGET: Budget = { norm: 'L2', epsilon: Infinity };

/** What the lengths of steps have fallen to at the last, as shares of the first. */
const [LAST_OF_LOSS, LAST_OF_COLOUR] = [1 / 100, 1 / 10];

export const percAl = defineAttack({
  kind: 'PERC_AL',
  name: 'percAl',
  title: 'PerC-AL',
  description:
    'Looks for the smallest difference of colours (CIEDE2000) that fools the model, by steps on the loss and on the colours in turn: large changes where eyes do not see them. It has no budget in a norm; distances are measured as they are. Of grey images it is a difference of lightness.',
  access: 'GRADIENT',
  norms: ['L2'],
  distance: 'CIEDE2000',
  targeted: true,
  reference: {
    title: 'Towards Large yet Imperceptible Adversarial Image Perturbations with Perceptual Color Distance',
    authors: 'Zhao, Liu, Larson',
    year: 2020,
    link: 'arXiv:1911.02466',
  },
  parameters: {
    steps: integer({
      default: 1000,
      minimum: 1,
      maximum: 100_000,
      description: "Number of steps. The default is that of the authors' code.",
    }),
    lossStep: real({
      default: 1,
      minimum: 1e-6,
      maximum: 1000,
      description: "α_l: length (L2) of a step on the loss at first; it falls to a hundredth. The default is the authors'.",
    }),
    colourStep: real({
      default: 0.5,
      minimum: 1e-6,
      maximum: 1000,
      description:
        "α_c: length (L2) of a step on the colours at first; it falls to a tenth. The default is that of the authors' code; without a target the paper has 0.1.",
    }),
    confidence: LOGIT_MARGIN,
    ...TARGET_PARAMETERS,
  },
  budget: () => NO_BUDGET,
  run(task, { steps, lossStep, colourStep, confidence }) {
    checkColours(task);
    return smallestChange(task, NO_BUDGET, 1, (left) => {
      const n = left.labels.length;
      return takeSteps(left, {
        name: 'colour',
        norm: 'L2',
        lengthOf: (change, { original }) => tf.sqrt(colourDifference(tf.add(original, change), original)),
        count: steps,
        cost: { queries: 1, gradients: 1 },
        state: { current: left.images, progress: constant(n, 0) },
        fixed: {
          ...{ pace: constant(n, 1 / steps), kappa: constant(n, confidence) },
          ...{ ofLoss: constant(n, lossStep), ofColour: constant(n, colourStep) },
        },
        step(logits, { original, aim, current, progress, pace, kappa, ofLoss, ofColour }) {
          const image = (x: tf.Tensor) => rounded(left, x, original, 'L2');
          const { scores, gradient } = lossAndGradient(left, (x) => logits(image(x)), current, goalLogOdds(left, aim));
          const reached = reachedWith(left, scores, aim, kappa);
          const ofDifference = tf.grad((x) => tf.sum(colourDifference(x, original)))(current);
          const up = tf.mul(annealed(ofLoss, tf.mul(LAST_OF_LOSS, ofLoss), progress), ofLengthOne(gradient));
          const down = tf.mul(annealed(ofColour, tf.mul(LAST_OF_COLOUR, ofColour), progress), ofLengthOne(ofDifference));
          const moved = tf.where(reached, tf.sub(current, down), tf.add(current, up));
          return { image: image(current), reached, state: { current: clipToRange(moved), progress: tf.add(progress, pace) } };
        },
      });
    });
  },
});

function ofLengthOne(gradient: tf.Tensor): tf.Tensor {
  const large = scaledToLargest(gradient);
  return tf.div(large, tf.maximum(lengthOf(large), TINY));
}
