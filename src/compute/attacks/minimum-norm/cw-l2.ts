/** Carlini & Wagner's attack in L2: `min ‖x - X‖² + c · max(κ - margin(x), 0)` by Adam, with a binary search for c. @module */
import * as tf from '@tensorflow/tfjs-core';
import { l2Budget } from '../core/budgets.js';
import { adamStep, reachedWith, imageOf, learningRate, startAt } from './carlini-wagner.js';
import { CONFIDENCE, INITIAL_CONSTANT, SEARCH_STEPS, searchConstant, stepsWhileFalling } from './constant-search.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { aimedMargin, type Found, NOTHING, rounded, smallestChange, type Steps } from '../core/minimal-norm.js';
import { sumOverPixels } from '../norms/reduce.js';
import { L2_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { CARLINI_WAGNER_2017 } from '../core/references.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 1000,
  minimum: 1,
  maximum: 100_000,
  description:
    'Most steps for each c; an example whose loss no longer falls takes fewer. The authors take 1,000 in their example, at most 10,000.',
};

export const cwL2: AttackDefinition = {
  kind: 'CW_L2',
  name: 'cwL2',
  title: 'Carlini & Wagner, L2',
  description: 'Minimises the length of the change and the margin of the true class together, and searches for the best weight of the two.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: CARLINI_WAGNER_2017,
  parameters: {
    epsilon: L2_CAP,
    steps: STEPS,
    searchSteps: SEARCH_STEPS,
    initialConstant: INITIAL_CONSTANT,
    confidence: CONFIDENCE,
    learningRate: learningRate(0.01),
    ...TARGET_PARAMETERS,
  },
  budget: l2Budget,
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, (left) => search(left, parameters)),
};

function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const n = task.labels.length;
  const fixed = {
    confidence: constant(n, parameters['confidence'] as number),
    rate: constant(n, parameters['learningRate'] as number),
  };
  const step: Steps['step'] = (logits, inputs) => {
    const { original, aim: aimed, c, confidence, rate, w } = inputs as Record<string, tf.Tensor>;
    const storedOf = (at: tf.Tensor) => rounded(imageOf(at), original!, 'L2');
    const margin = aimedMargin(task, aimed!);
    const { scores, losses, gradient } = lossAndGradient(
      task,
      (at) => logits(storedOf(at) as tf.Tensor4D),
      w!,
      (found, at) => {
        const missing = tf.relu(tf.sub(confidence!, tf.reshape(margin(found), [-1, 1, 1, 1])));
        return tf.add(sumOverPixels(tf.square(tf.sub(imageOf(at), original!))), tf.mul(c!, missing));
      },
    );
    const state = { ...adamStep(inputs, gradient, rate!), loss: losses };
    return { image: storedOf(w!), reached: reachedWith(task, scores, aimed!, confidence!), state };
  };
  return searchConstant(task, parameters['searchSteps'] as number, parameters['initialConstant'] as number, (c) => {
    const state = { ...startAt(task.images), loss: constant(n, NOTHING) };
    const count = parameters['steps'] as number;
    return stepsWhileFalling(task, { name: 'step', norm: 'L2', count, state, fixed: { ...fixed, c }, step }, { queries: 1, gradients: 1 });
  });
}
