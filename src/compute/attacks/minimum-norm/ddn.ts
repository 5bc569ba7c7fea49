/**
 * DDN, the decoupled direction and norm attack (Rony et al. 2019): looks for the smallest L2 change. The direction follows the gradient; the length shrinks
 * by 1 - γ while the model is fooled and grows by 1 + γ while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { l2Budget } from '../core/budgets.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOddsLoss, lossAndGradient } from '../core/losses.js';
import { type Found, foundBy, reachedBy, rounded, smallestChange, takeSteps } from '../core/minimal-norm.js';
import { L2 } from '../norms/l2.js';
import { clipToRange, lengthOf, TINY } from '../norms/reduce.js';
import { L2_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { RONY_2019 } from '../core/references.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = { type: 'integer', default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps.' };

const GAMMA: NumberParameter = {
  type: 'number',
  default: 0.05,
  minimum: 0.001,
  maximum: 0.5,
  description: 'γ: by how much the length of the change shrinks or grows in a step.',
};

/** Length of the change before the first step, and of the first step; the last is a hundredth of that. */
const FIRST_LENGTH = 1;
const LAST_STEP = 0.01;

export const ddn: AttackDefinition = {
  kind: 'DDN',
  name: 'ddn',
  title: 'DDN',
  description: 'Looks for the smallest change in L2: the direction follows the gradient, the length shrinks while the model is fooled.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: RONY_2019,
  parameters: { epsilon: L2_CAP, steps: STEPS, gamma: GAMMA, ...TARGET_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, (left) => search(left, parameters)),
};

async function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const n = task.labels.length;
  const steps = parameters['steps'] as number;
  const { direction } = aim(task);
  const last = await takeSteps(task, {
    name: 'step',
    norm: 'L2',
    count: steps,
    state: { current: task.images, length: constant(n, FIRST_LENGTH), progress: constant(n, 0) },
    fixed: { pace: constant(n, 1 / steps), gamma: constant(n, parameters['gamma'] as number) },
    /** Judges the current image, then moves on. Its pixels always have 8 bits. */
    step(logits, inputs) {
      const { original, current, aim: aimed, length, progress, pace, gamma } = inputs as Record<string, tf.Tensor>;
      const { scores, gradient } = lossAndGradient(task, logits, current!, (found) => {
        const losses = logOddsLoss(found, aimed as tf.Tensor1D, task.model.output);
        return direction === 'ascend' ? losses : tf.neg(losses);
      });
      const reached = reachedBy(task, scores, aimed!);
      const annealed = tf.add(LAST_STEP, tf.mul((1 - LAST_STEP) / 2, tf.add(1, tf.cos(tf.mul(Math.PI, progress!)))));
      const ahead = tf.add(tf.sub(current!, original!), tf.mul(tf.mul(annealed, FIRST_LENGTH), L2.steepest(gradient, current!)));
      const next = tf.mul(length!, tf.where(reached, tf.sub(1, gamma!), tf.add(1, gamma!)));
      const scaled = tf.mul(ahead, tf.div(next, tf.maximum(lengthOf(ahead), TINY)));
      return {
        image: current!,
        reached,
        state: {
          current: rounded(clipToRange(tf.add(original!, scaled)), original!, 'L2'),
          length: next,
          progress: tf.add(progress!, pace!),
        },
      };
    },
  });
  return foundBy(last, steps, steps);
}
