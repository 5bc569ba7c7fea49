/**
 * EAD, elastic-net attacks (Chen et al. 2018): `min ‖δ‖² + β ‖δ‖₁ + c · max(κ - margin(X + δ), 0)` by FISTA, which sets the smallest changes to zero, with a
 * binary search for c.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { l1Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { type SearchResult, NOTHING, smallestChange } from '../core/minimum-norm.js';
import { L1_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { L1 } from '../norms/l1.js';
import { lengthIn } from '../norms/lengths.js';
import { clipToRange, sumOverPixels } from '../norms/reduce.js';
import { ABORT_EARLY, CONFIDENCE, initialConstant, SEARCH_STEPS, searchConstant, stepsWhileFalling } from './constant-search.js';
import { reachedWith, shortOf } from './goal.js';
import { rounded } from './stored.js';

const PARAMETERS = {
  epsilon: L1_CAP,
  rule: choice({
    enumName: 'EadRule',
    values: {
      ELASTIC_NET: 'The smallest ‖δ‖² + β ‖δ‖₁.',
      L1: 'The smallest ‖δ‖₁.',
    },
    default: 'ELASTIC_NET',
    description: 'Which of the changes that fool the model is kept.',
  }),
  beta: real({
    default: 1e-3,
    minimum: 0,
    maximum: 1,
    description: 'β: weight of the L1 length against the square of the L2 length.',
  }),
  steps: integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Most steps for each c; an example whose loss no longer falls takes fewer. The authors take 1,000 in their tests, at most 10,000.',
  }),
  searchSteps: SEARCH_STEPS,
  initialConstant: initialConstant(1e-3),
  confidence: CONFIDENCE,
  learningRate: real({
    default: 0.01,
    minimum: 1e-6,
    maximum: 10,
    description: 'Size of the first step; it falls to 0 with the square root of the steps left.',
  }),
  abortEarly: ABORT_EARLY,
  ...TARGET_PARAMETERS,
};

export const ead = defineAttack({
  kind: 'EAD',
  name: 'ead',
  title: 'EAD',
  description: 'Minimises a mix of the L1 and L2 lengths of the change together with the margin of the true class: few pixels change.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: true,
  reference: {
    title: 'EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial Examples',
    authors: 'Chen, Sharma, Zhang, Yi, Hsieh',
    year: 2018,
    link: 'arXiv:1709.04114',
  },
  parameters: PARAMETERS,
  budget: l1Budget,
  run: (task, values) => smallestChange(task, l1Budget(values), 1, async (left) => measured(left, await search(left, values))),
});

function search(task: AttackTask, values: ValuesOf<typeof PARAMETERS>): Promise<SearchResult> {
  const n = task.labels.length;
  const elastic = (change: tf.Tensor, { beta }: { readonly beta: tf.Tensor }) =>
    tf.add(sumOverPixels(tf.square(change)), tf.mul(beta, lengthIn.L1(change)));
  return searchConstant(task, values, (c) =>
    stepsWhileFalling(task, values.abortEarly, {
      name: values.rule === 'L1' ? 'step.L1' : 'step',
      norm: 'L1',
      lengthOf: values.rule === 'L1' ? lengthIn.L1 : elastic,
      count: values.steps,
      cost: { queries: 2, gradients: 1 },
      state: { current: task.images, ahead: task.images, taken: constant(n, 0), loss: constant(n, NOTHING) },
      fixed: {
        beta: constant(n, values.beta),
        confidence: constant(n, values.confidence),
        rate: constant(n, values.learningRate),
        pace: constant(n, 1 / values.steps),
        c,
      },
      step(logits, { original, aim, beta, confidence, rate, pace, c: weight, current, ahead, taken }) {
        const weighted = (scores: tf.Tensor2D) => tf.mul(weight, shortOf(task, scores, aim, confidence));
        const smooth = (scores: tf.Tensor2D, at: tf.Tensor) => tf.add(sumOverPixels(tf.square(tf.sub(at, original))), weighted(scores));
        const { gradient } = lossAndGradient(task, logits, ahead, smooth);
        const size = tf.mul(rate, tf.sqrt(tf.relu(tf.sub(1, tf.mul(taken, pace)))));
        const change = tf.sub(tf.sub(ahead, tf.mul(size, gradient)), original);
        // Shrinks by β and not by β times the step size, as in the authors' code and the paper's equation 5.
        const next = clipToRange(tf.add(original, tf.mul(tf.sign(change), tf.relu(tf.sub(tf.abs(change), beta)))));
        const inertia = tf.div(taken, tf.add(taken, 3));
        const image = rounded(task, next, original, 'L1');
        const scores = logits(image);
        return {
          image,
          reached: reachedWith(task, scores, aim, confidence),
          state: {
            current: next,
            ahead: tf.add(next, tf.mul(inertia, tf.sub(next, current))),
            taken: tf.add(taken, 1),
            loss: tf.add(elastic(tf.sub(next, original), { beta }), weighted(scores)),
          },
        };
      },
    }),
  );
}

/** The L1 lengths of the images found, for either rule of selection. */
function measured({ images: original }: AttackTask, found: SearchResult): SearchResult {
  const size = original.data.length / Math.max(1, found.lengths.length);
  const lengths = found.lengths.map((length, row) => {
    if (length === NOTHING) return NOTHING;
    return L1.length(Float32Array.from({ length: size }, (_, p) => found.images.data[row * size + p]! - original.data[row * size + p]!));
  });
  return { ...found, lengths };
}
