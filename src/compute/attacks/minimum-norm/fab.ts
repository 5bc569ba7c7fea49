/**
 * FAB, the fast adaptive boundary attack (Croce & Hein 2020): steps to the nearest class boundary, made linear, with a bias towards the original image; a
 * step back towards the original after each success.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/types.js';
import { CANDIDATES, candidateClasses, nearestBoundary } from './class-boundaries.js';
import { wrongClass } from '../core/labels.js';
import { classes, type Found, foundBy, longEnoughToStore, reachedBy, smallestChange, takeSteps } from '../core/minimal-norm.js';
import { type ToHyperplane, toHyperplaneL1, toHyperplaneL2, toHyperplaneLinf } from '../norms/hyperplane.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { lengthIn } from '../norms/lengths.js';
import { LINF } from '../norms/linf.js';
import { clipToRange } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { RESTARTS, TARGETS } from '../core/parameters.js';
import { randomlyChanged } from '../core/random-images.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 100,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps of each start.',
};

/** α_max, η and β of the paper: the most bias towards the original, the overshoot, and how much of the change is left after the step back. */
const MOST_BIAS = 0.1;
const OVERSHOOT = 1.05;
const LEFT_AFTER_SUCCESS = 0.9;

/** Keeps the bias finite where both ways have length 0. */
const SMALLEST_LENGTH = 1e-8;

export interface FabNorm {
  readonly norm: BudgetNorm;
  readonly toHyperplane: ToHyperplane;
  /** Random starts are half as far away, where the budget is no less. The authors' ε of the norm. */
  readonly startDistance: number;
}

export const FAB_LINF: FabNorm = { norm: LINF, toHyperplane: toHyperplaneLinf, startDistance: 0.3 };
export const FAB_L2: FabNorm = { norm: L2, toHyperplane: toHyperplaneL2, startDistance: 1 };
export const FAB_L1: FabNorm = { norm: L1, toHyperplane: toHyperplaneL1, startDistance: 5 };

export const FAB_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { steps: STEPS, restarts: RESTARTS, candidates: CANDIDATES };
export const FAB_TARGETED_PARAMETERS: Readonly<Record<string, ParameterSpec>> = { steps: STEPS, restarts: RESTARTS, targets: TARGETS };

/** Heads for the nearest of the boundaries to all candidate classes. The first start is the image itself, further ones are random. */
export function fab(task: AttackTask, parameters: ParameterValues, plan: FabNorm, budget: Budget): Promise<AttackOutput> {
  const [steps, count] = [parameters['steps'] as number, parameters['candidates'] as number];
  return smallestChange(task, budget, parameters['restarts'] as number, (left, restart) => {
    return run(left, plan, steps, candidateClasses(left, count), startOf(left, plan, budget, restart, 'fab.start'));
  });
}

/** FAB-T: heads for the boundary to one class at a time, the likeliest first; a backward pass a step whatever the number of classes. */
export function fabTargeted(task: AttackTask, parameters: ParameterValues, plan: FabNorm, budget: Budget): Promise<AttackOutput> {
  const [steps, restarts] = [parameters['steps'] as number, parameters['restarts'] as number];
  const targets = Math.min(parameters['targets'] as number, task.model.spec.classCount - 1);
  return smallestChange(task, budget, targets * restarts, (left, start) => {
    const [rank, restart] = [Math.floor(start / restarts), start % restarts];
    const target = { ...classes(wrongClass(left, rank)), shape: [left.labels.length, 1] };
    return run(left, plan, steps, target, startOf(left, plan, budget, restart, `fab-t.start.${rank}`));
  });
}

function startOf(task: AttackTask, { norm, startDistance }: FabNorm, { epsilon }: Budget, restart: number, purpose: string): HostTensor {
  if (restart === 0) return task.images;
  const distance = Math.min(epsilon, startDistance) / 2;
  return randomlyChanged(task, `${purpose}.${restart}`, (stream, size) => {
    const change = norm.randomChange(stream, size);
    const factor = distance / Math.max(norm.length(change), Number.MIN_VALUE);
    return change.map((value) => value * factor);
  });
}

/** One start. @param candidates `[n, count]`, classes whose boundaries it heads for. */
async function run(task: AttackTask, plan: FabNorm, steps: number, candidates: HostTensor, start: HostTensor): Promise<Found> {
  const { norm } = plan.norm;
  const last = await takeSteps(task, {
    name: `step.${candidates.shape[1]!}`,
    norm,
    count: steps,
    state: { current: start },
    fixed: { candidates },
    step(logits, inputs) {
      const { original, current, aim: label, candidates: others } = inputs as Record<string, tf.Tensor>;
      const boundary = nearestBoundary(task, logits, current!, label!, others!, norm);
      const [way, wayOfOriginal] = [plan.toHyperplane(current!, boundary), plan.toHyperplane(original!, boundary)];
      const [length, lengthOfOriginal] = [way, wayOfOriginal].map((change) => tf.maximum(lengthIn[norm](change), SMALLEST_LENGTH));
      const bias = tf.minimum(tf.div(length!, tf.add(length!, lengthOfOriginal!)), MOST_BIAS);
      const unbiased = tf.add(current!, tf.mul(OVERSHOOT, way));
      const nearOriginal = tf.add(original!, tf.mul(OVERSHOOT, wayOfOriginal));
      const moved = clipToRange(tf.add(tf.mul(tf.sub(1, bias), unbiased), tf.mul(bias, nearOriginal)));
      const reached = reachedBy(task, logits(moved as tf.Tensor4D), label!);
      const back = tf.add(original!, tf.mul(LEFT_AFTER_SUCCESS, tf.sub(moved, original!)));
      return { image: moved, reached, state: { current: tf.where(reached, back, moved) } };
    },
  });
  return longEnoughToStore(task, norm, foundBy(last, 2 * steps, candidates.shape[1]! * steps));
}
