/**
 * FAB, the fast adaptive boundary attack (Croce & Hein 2020): steps to the nearest class boundary, made linear, with a bias towards the original image; a
 * step back towards the original after each success. FAB-T, its targeted form, heads for the boundary to one class at a time.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Budget } from '../../distances/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import type { HostTensor } from '../../tensors/index.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { wrongClass } from '../core/labels.js';
import { type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { RESTARTS, TARGETS } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { randomlyChanged } from '../core/random-images.js';
import { type ToHyperplane, toHyperplaneL1, toHyperplaneL2, toHyperplaneLinf } from '../norms/hyperplane.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { lengthIn } from '../norms/lengths.js';
import { LINF } from '../norms/linf.js';
import { clipToRange } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { candidateClasses, CANDIDATES, nearestBoundary } from './class-boundaries.js';
import { reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { classes, takeSteps } from './steps.js';
import { longEnoughToStore } from './stored.js';

const CROCE_HEIN_2020_FAB: AttackReference = {
  title: 'Minimally distorted Adversarial Examples with a Fast Adaptive Boundary Attack',
  authors: 'Croce, Hein',
  year: 2020,
  link: 'arXiv:1907.02044',
};

interface FabNorm {
  readonly ball: BudgetNorm;
  readonly toHyperplane: ToHyperplane;
  /** Random starts are half as far away, where the budget is no less. The authors' ε of the norm. */
  readonly startDistance: number;
}

/** What differs between the norms. */
const NORMS = {
  LINF: { ball: LINF, toHyperplane: toHyperplaneLinf, startDistance: 0.3 },
  L2: { ball: L2, toHyperplane: toHyperplaneL2, startDistance: 1 },
  L1: { ball: L1, toHyperplane: toHyperplaneL1, startDistance: 5 },
} satisfies Record<string, FabNorm>;

/** Keeps the bias finite where both ways have length 0. */
const SMALLEST_LENGTH = 1e-8;

/** Of both forms; defaults are those of the authors' code. */
const PARAMETERS = {
  steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: "Number of steps of each start. The default is the authors'." }),
  restarts: RESTARTS,
  alphaMax: real({
    default: 0.1,
    minimum: 0,
    maximum: 1,
    description: "α_max: the most bias towards the original image. The default is the authors'.",
  }),
  eta: real({
    default: 1.05,
    minimum: 1,
    maximum: 10,
    description: "η: by how much a step goes beyond the hyperplane; 1 ends on it. The default is the authors'.",
  }),
  beta: real({
    default: 0.9,
    minimum: 0,
    maximum: 1,
    description: "β: share of the change that the step back after a success leaves. The default is the authors'.",
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

export const fabLinf = fab('LINF');
export const fabL2 = fab('L2');
export const fabL1 = fab('L1');
export const fabTLinf = fabTargeted('LINF');
export const fabTL2 = fabTargeted('L2');
export const fabTL1 = fabTargeted('L1');

/** Heads for the nearest of the boundaries to all candidate classes. The first start is the image itself, further ones are random. */
function fab(norm: keyof typeof NORMS) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `FAB_${norm}`,
    name: `fab${suffix}`,
    title: `FAB, ${symbol}`,
    description: `Looks for the smallest change in ${symbol}: steps to the nearest class boundary, drawn towards the original image.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: false,
    reference: CROCE_HEIN_2020_FAB,
    parameters: { epsilon: cap, ...PARAMETERS, candidates: CANDIDATES },
    budget,
    run: (task, { epsilon, candidates, ...values }) =>
      smallestChange(task, budget({ epsilon }), values.restarts, (left, restart) => {
        const start = startOf(left, NORMS[norm], budget({ epsilon }), restart, 'fab.start');
        return search(left, NORMS[norm], values, candidateClasses(left, candidates), start);
      }),
  });
}

/** Heads for the boundary to one class at a time, the likeliest first; one backward pass per step for any number of classes. */
function fabTargeted(norm: keyof typeof NORMS) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `FAB_T_${norm}`,
    name: `fabT${suffix}`,
    title: `FAB-T, ${symbol}`,
    description: `FAB in ${symbol} towards the boundaries to the likeliest wrong classes, one after the other: cheaper where there are many classes.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: true,
    reference: CROCE_HEIN_2020_FAB,
    parameters: { epsilon: cap, ...PARAMETERS, targets: TARGETS },
    budget,
    run(task, { epsilon, targets, ...values }) {
      const { restarts } = values;
      const count = Math.min(targets, task.model.spec.classCount - 1);
      return smallestChange(task, budget({ epsilon }), count * restarts, (left, at) => {
        const [rank, restart] = [Math.floor(at / restarts), at % restarts];
        const start = startOf(left, NORMS[norm], budget({ epsilon }), restart, `fab-t.start.${rank}`);
        const target = { ...classes(wrongClass(left, rank)), shape: [left.labels.length, 1] };
        return search(left, NORMS[norm], values, target, start);
      });
    },
  });
}

function startOf(task: AttackTask, { ball, startDistance }: FabNorm, { epsilon }: Budget, restart: number, purpose: string): HostTensor {
  if (restart === 0) return task.images;
  const distance = Math.min(epsilon, startDistance) / 2;
  return randomlyChanged(task, `${purpose}.${restart}`, (stream, size) => {
    const change = ball.randomChange(stream, size);
    const factor = distance / Math.max(ball.length(change), Number.MIN_VALUE);
    return change.map((value) => value * factor);
  });
}

/** One start. @param candidates `[n, count]`, classes whose boundaries it heads for. */
async function search(task: AttackTask, plan: FabNorm, values: Values, candidates: HostTensor, start: HostTensor): Promise<SearchResult> {
  const { norm } = plan.ball;
  const [n, columns] = [task.labels.length, candidates.shape[1]!];
  const found = await takeSteps(task, {
    name: `step.${columns}`,
    norm,
    count: values.steps,
    cost: { queries: 2, gradients: columns },
    state: { current: start },
    fixed: { candidates, mostBias: constant(n, values.alphaMax), eta: constant(n, values.eta), beta: constant(n, values.beta) },
    step(logits, { original, current, aim: label, candidates: others, mostBias, eta, beta }) {
      const boundary = nearestBoundary(task, logits, current, label, others, norm);
      const way = plan.toHyperplane(current, boundary);
      const wayOfOriginal = plan.toHyperplane(original, boundary);
      const length = tf.maximum(lengthIn[norm](way), SMALLEST_LENGTH);
      const lengthOfOriginal = tf.maximum(lengthIn[norm](wayOfOriginal), SMALLEST_LENGTH);
      const bias = tf.minimum(tf.div(length, tf.add(length, lengthOfOriginal)), mostBias);
      const unbiased = tf.add(current, tf.mul(eta, way));
      const nearOriginal = tf.add(original, tf.mul(eta, wayOfOriginal));
      const moved = clipToRange(tf.add(tf.mul(tf.sub(1, bias), unbiased), tf.mul(bias, nearOriginal)));
      const reached = reachedBy(task, logits(moved), label);
      const back = tf.add(original, tf.mul(beta, tf.sub(moved, original)));
      return { image: moved, reached, state: { current: tf.where(reached, back, moved) } };
    },
  });
  return longEnoughToStore(task, norm, found);
}
