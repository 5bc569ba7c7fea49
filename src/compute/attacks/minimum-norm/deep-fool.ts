/** DeepFool (Moosavi-Dezfooli et al. 2016): steps to the nearest class boundary, made linear, until the model is fooled. @module */
import * as tf from '@tensorflow/tfjs-core';
import { CANDIDATES, candidateClasses, nearestBoundary } from './class-boundaries.js';
import { reachedBy, rounded, smallestChange, stepsUntilReached } from '../core/minimal-norm.js';
import { clipToRange } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { constant } from '../core/projected-gradient.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = { type: 'integer', default: 50, minimum: 1, maximum: 10_000, description: 'Most steps of each example.' };

const OVERSHOOT: NumberParameter = {
  type: 'number',
  default: 0.02,
  minimum: 0,
  maximum: 10,
  description: 'By which part the change is made longer than the way to the boundary.',
};

/** What the authors' code adds to each step, so that none is zero. */
const SMALLEST_STEP = 1e-4;

export const DEEP_FOOL_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { steps: STEPS, overshoot: OVERSHOOT, candidates: CANDIDATES };

export function deepFool(task: AttackTask, parameters: ParameterValues, norm: BudgetNorm, budget: Budget): Promise<AttackOutput> {
  return smallestChange(task, budget, 1, (left) => {
    const candidates = candidateClasses(left, parameters['candidates'] as number);
    const columns = candidates.shape[1]!;
    const plan = {
      name: `step.${columns}`,
      norm: norm.norm,
      // A step looks where the step before went.
      count: (parameters['steps'] as number) + 1,
      state: { change: { ...left.images, data: new Float32Array(left.images.data.length) } },
      fixed: { candidates, stretch: constant(left.labels.length, 1 + (parameters['overshoot'] as number)) },
      step(logits: (x: tf.Tensor4D) => tf.Tensor2D, inputs: Record<string, tf.Tensor>) {
        const { original, aim: label, change, candidates: others, stretch } = inputs as Record<string, tf.Tensor>;
        const image = rounded(clipToRange(tf.add(original!, tf.mul(stretch!, change!))), original!, norm.norm);
        const { scores, slope, distance } = nearestBoundary(left, logits, image, label!, others!, norm.norm);
        const way = tf.mul(tf.add(distance, SMALLEST_STEP), norm.steepest(slope, image));
        return { image, reached: reachedBy(left, scores, label!), state: { change: tf.add(change!, way) } };
      },
    };
    return stepsUntilReached(left, plan, { queries: 1, gradients: columns });
  });
}
