/**
 * FMN, the fast minimum-norm attack (Pintor et al. 2021): gradient steps, each projected into a ball around the original whose radius shrinks while the model
 * is fooled and grows while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { aimedMargin, foundBy, NOTHING, reachedBy, rounded, smallestChange, takeSteps } from '../core/minimal-norm.js';
import { L2 } from '../norms/l2.js';
import { dualLengthIn, lengthIn } from '../norms/lengths.js';
import { TINY } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { constant } from '../core/projected-gradient.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = { type: 'integer', default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps.' };

const ALPHA: NumberParameter = {
  type: 'number',
  default: 1,
  minimum: 1e-6,
  maximum: 1000,
  description: 'α: Euclidean length of the first step; the last is a hundredth of that.',
};

const GAMMA: NumberParameter = {
  type: 'number',
  default: 0.05,
  minimum: 0.001,
  maximum: 0.5,
  description: 'γ: by which part the radius shrinks or grows after the first step; after the last it is 0.001.',
};

const LAST_STEP = 0.01;
const LAST_GAMMA = 0.001;

export const FMN_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { steps: STEPS, alpha: ALPHA, gamma: GAMMA, ...TARGET_PARAMETERS };

export type FmnNorm = Pick<BudgetNorm, 'project'> & { readonly norm: 'LINF' | 'L2' | 'L1' | 'L0' };

export function fmn(task: AttackTask, parameters: ParameterValues, { norm, project }: FmnNorm, budget: Budget): Promise<AttackOutput> {
  return smallestChange(task, budget, 1, async (left) => {
    const n = left.labels.length;
    const steps = parameters['steps'] as number;
    const last = await takeSteps(left, {
      name: 'step',
      norm,
      count: steps,
      state: { current: left.images, radius: constant(n, norm === 'L0' ? 1 : NOTHING), progress: constant(n, 0) },
      fixed: {
        pace: constant(n, 1 / steps),
        alpha: constant(n, parameters['alpha'] as number),
        gamma: constant(n, parameters['gamma'] as number),
      },
      step(logits, inputs) {
        const { original, aim: aimed, current, radius, shortest, progress, pace, alpha, gamma } = inputs as Record<string, tf.Tensor>;
        const image = rounded(current!, original!, norm);
        const { scores, losses, gradient } = lossAndGradient(left, logits, image, aimedMargin(left, aimed!));
        const reached = reachedBy(left, scores, aimed!);
        const anneal = (from: tf.Tensor, to: tf.Tensor | number) => {
          const cosine = tf.div(tf.add(1, tf.cos(tf.mul(Math.PI, progress!))), 2);
          return tf.add(to, tf.mul(tf.sub(from, to), cosine));
        };
        const [step, rate] = [anneal(alpha!, tf.mul(LAST_STEP, alpha!)), anneal(gamma!, LAST_GAMMA)];
        const worst = lengthIn[norm](tf.maximum(original!, tf.sub(1, original!)));
        const length = lengthIn[norm](tf.sub(image, original!));
        const known = tf.minimum(tf.where(reached, tf.minimum(length, shortest!), shortest!), worst);
        const [shrunk, grown] = [tf.mul(radius!, tf.sub(1, rate)), tf.mul(radius!, tf.add(1, rate))];
        const next =
          norm === 'L0'
            ? tf.where(reached, smallest(known, tf.sub(radius!, 1), tf.floor(shrunk)), tf.maximum(tf.add(radius!, 1), tf.floor(grown)))
            : tf.where(
                reached,
                smallest(known, shrunk),
                tf.where(tf.less(shortest!, NOTHING), grown, reach(norm, current!, original!, losses, gradient)),
              );
        const bounded = tf.maximum(tf.minimum(next, worst), 0);
        const moved = project(tf.add(current!, tf.mul(step, L2.steepest(gradient, image))), original!, bounded);
        return { image, reached, state: { current: moved, radius: bounded, progress: tf.add(progress!, pace!) } };
      },
    });
    return foundBy(last, steps, steps);
  });
}

function smallest(...values: tf.Tensor[]): tf.Tensor {
  return values.reduce((least, value) => tf.minimum(least, value));
}

/** Distance of the boundary from the original, by the linear form of the margin: what the radius is while nothing is known. */
function reach(norm: FmnNorm['norm'], current: tf.Tensor, original: tf.Tensor, margin: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  return tf.add(lengthIn[norm](tf.sub(current, original)), tf.div(tf.abs(margin), tf.maximum(dualLengthIn[norm](gradient), TINY)));
}
