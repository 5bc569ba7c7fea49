/**
 * EAD, elastic-net attacks (Chen et al. 2018): `min ‖δ‖² + β ‖δ‖₁ + c · max(κ - margin(X + δ), 0)` by FISTA, which sets the smallest changes to zero, with a
 * binary search for c.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { l1Budget } from '../core/budgets.js';
import { reachedWith } from './carlini-wagner.js';
import { CONFIDENCE, INITIAL_CONSTANT, SEARCH_STEPS, searchConstant, stepsWhileFalling } from './constant-search.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { aimedMargin, type Found, NOTHING, rounded, smallestChange, type Steps } from '../core/minimal-norm.js';
import { L1 } from '../norms/l1.js';
import { lengthIn } from '../norms/lengths.js';
import { clipToRange, sumOverPixels } from '../norms/reduce.js';
import { L1_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { CHEN_2018 } from '../core/references.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { ChoiceParameter, NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 1000,
  minimum: 1,
  maximum: 100_000,
  description: 'Most steps for each c; an example whose loss no longer falls takes fewer.',
};

const BETA: NumberParameter = {
  type: 'number',
  default: 1e-3,
  minimum: 0,
  maximum: 1,
  description: 'β: weight of the L1 length against the square of the L2 length.',
};

const LEARNING_RATE: NumberParameter = {
  type: 'number',
  default: 0.01,
  minimum: 1e-6,
  maximum: 10,
  description: 'Size of the first step; it falls to 0 with the square root of the steps left.',
};

const RULE: ChoiceParameter = {
  type: 'choice',
  enumName: 'EadRule',
  values: {
    ELASTIC_NET: 'The smallest ‖δ‖² + β ‖δ‖₁.',
    L1: 'The smallest ‖δ‖₁.',
  },
  default: 'ELASTIC_NET',
  description: 'Which of the changes that fool the model is kept.',
};

export const ead: AttackDefinition = {
  kind: 'EAD',
  name: 'ead',
  title: 'EAD',
  description: 'Minimises a mix of the L1 and L2 lengths of the change together with the margin of the true class: few pixels change.',
  access: 'GRADIENT',
  norms: ['L1'],
  targeted: true,
  reference: CHEN_2018,
  parameters: {
    epsilon: L1_CAP,
    rule: RULE,
    beta: BETA,
    steps: STEPS,
    searchSteps: SEARCH_STEPS,
    initialConstant: INITIAL_CONSTANT,
    confidence: CONFIDENCE,
    learningRate: LEARNING_RATE,
    ...TARGET_PARAMETERS,
  },
  budget: l1Budget,
  run: (task, parameters) => smallestChange(task, l1Budget(parameters), 1, async (left) => measured(left, await search(left, parameters))),
};

function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const n = task.labels.length;
  const count = parameters['steps'] as number;
  const fixed = {
    beta: constant(n, parameters['beta'] as number),
    confidence: constant(n, parameters['confidence'] as number),
    rate: constant(n, parameters['learningRate'] as number),
    pace: constant(n, 1 / count),
  };
  const elastic = (change: tf.Tensor, { beta }: Record<string, tf.Tensor>) =>
    tf.add(sumOverPixels(tf.square(change)), tf.mul(beta!, lengthIn.L1(change)));
  const step: Steps['step'] = (logits, inputs) => {
    const { original, aim: aimed, beta, c, confidence, rate, pace, current, ahead, taken } = inputs as Record<string, tf.Tensor>;
    const margin = aimedMargin(task, aimed!);
    const weighted = (scores: tf.Tensor2D) => tf.mul(c!, tf.relu(tf.sub(confidence!, tf.reshape(margin(scores), [-1, 1, 1, 1]))));
    const smooth = (scores: tf.Tensor2D, at: tf.Tensor) => tf.add(sumOverPixels(tf.square(tf.sub(at, original!))), weighted(scores));
    const { gradient } = lossAndGradient(task, logits, ahead!, smooth);
    const size = tf.mul(rate!, tf.sqrt(tf.relu(tf.sub(1, tf.mul(taken!, pace!)))));
    const change = tf.sub(tf.sub(ahead!, tf.mul(size, gradient)), original!);
    // Shrinks by β and not by β times the step size, as in the authors' code and the paper's equation 5.
    const next = clipToRange(tf.add(original!, tf.mul(tf.sign(change), tf.relu(tf.sub(tf.abs(change), beta!)))));
    const inertia = tf.div(taken!, tf.add(taken!, 3));
    const image = rounded(next, original!, 'L1');
    const scores = logits(image as tf.Tensor4D);
    return {
      image,
      reached: reachedWith(task, scores, aimed!, confidence!),
      state: {
        current: next,
        ahead: tf.add(next, tf.mul(inertia, tf.sub(next, current!))),
        taken: tf.add(taken!, 1),
        loss: tf.add(elastic(tf.sub(next, original!), inputs), weighted(scores)),
      },
    };
  };
  const [name, lengthOf] = parameters['rule'] === 'L1' ? ['step.L1', undefined] : ['step', elastic];
  return searchConstant(task, parameters['searchSteps'] as number, parameters['initialConstant'] as number, (c) => {
    const state = { current: task.images, ahead: task.images, taken: constant(n, 0), loss: constant(n, NOTHING) };
    return stepsWhileFalling(
      task,
      { name, norm: 'L1', lengthOf, count, state, fixed: { ...fixed, c }, step },
      { queries: 2, gradients: 1 },
    );
  });
}

/** The L1 lengths of what was found, whatever it was chosen by. */
function measured({ images: original }: AttackTask, found: Found): Found {
  const size = original.data.length / Math.max(1, found.lengths.length);
  const lengths = found.lengths.map((length, row) => {
    if (length === NOTHING) return NOTHING;
    return L1.length(Float32Array.from({ length: size }, (_, p) => found.images.data[row * size + p]! - original.data[row * size + p]!));
  });
  return { ...found, lengths };
}
