/**
 * FMN, the fast minimum-norm attack (Pintor et al. 2021): gradient steps, each projected into a ball around the original whose radius shrinks while the model
 * is fooled and grows while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { imageSize, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { NOTHING, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { projectL0 } from '../norms/l0.js';
import { L1 } from '../norms/l1.js';
import { L2 } from '../norms/l2.js';
import { dualLengthIn, hostLengthIn, lengthIn } from '../norms/lengths.js';
import { LINF } from '../norms/linf.js';
import { clipToRange, TINY } from '../norms/reduce.js';
import type { BudgetNorm } from '../norms/types.js';
import { boundaryStarts, type ClassifiedImages, prepareOthers } from './boundary-start.js';
import { goalMargin, reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { annealed, takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** The ball of a norm, and how its radius changes. */
interface Ball extends Pick<BudgetNorm, 'project'> {
  /** Absent: the radius is the distance of the boundary, by the linear form of the margin, for as long as nothing is found. */
  readonly firstRadius?: number;
  readonly shrink: (radius: tf.Tensor, rate: tf.Tensor) => tf.Tensor;
  readonly grow: (radius: tf.Tensor, rate: tf.Tensor) => tf.Tensor;
}

const shrink: Ball['shrink'] = (radius, rate) => tf.mul(radius, tf.sub(1, rate));
const grow: Ball['grow'] = (radius, rate) => tf.mul(radius, tf.add(1, rate));

/** What differs between the norms. */
const BALLS: Readonly<Record<Norm, Ball>> = {
  /** The radius is a whole number, and changes by one at least. */
  L0: {
    project: projectL0,
    firstRadius: 1,
    shrink: (radius, rate) => tf.minimum(tf.sub(radius, 1), tf.floor(shrink(radius, rate))),
    grow: (radius, rate) => tf.maximum(tf.add(radius, 1), tf.floor(grow(radius, rate))),
  },
  /**
   * Clipped to the pixel range before the projection, unlike in the authors' code: what a step moves beyond the range would use up the radius, and where that
   * is all of it the search does not get on.
   */
  L1: { project: (x, original, epsilon) => L1.project(clipToRange(x), original, epsilon), shrink, grow },
  L2: { project: L2.project, shrink, grow },
  LINF: { project: LINF.project, shrink, grow },
};

/** Length of the last step, as a share of that of the first. */
const LAST_STEP = 0.01;

const PARAMETERS = {
  steps: integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description: "Number of steps. The authors' library takes 10 unless told otherwise, Foolbox 100.",
  }),
  alpha: real({
    default: 1,
    minimum: 1e-6,
    maximum: 1000,
    description: "α: Euclidean length of the first step; along a cosine to `alphaFinal`. The default is the authors'.",
  }),
  alphaFinal: real({
    minimum: 1e-9,
    maximum: 1000,
    description: "Length of the last step. Absent: a hundredth of α, as in the authors' code.",
  }),
  gamma: real({
    default: 0.05,
    minimum: 0.001,
    maximum: 0.5,
    description:
      "γ: by which part the radius shrinks or grows after the first step; along a cosine to `gammaFinal`. The default is the authors'.",
  }),
  gammaFinal: real({
    default: 0.001,
    minimum: 1e-6,
    maximum: 0.5,
    description: "γ after the last step. The default is the authors'.",
  }),
  start: choice({
    enumName: 'FmnStart',
    values: {
      ORIGINAL: 'The original image.',
      DATA_SET:
        'The boundary between the original and the nearest image, of the last 256 of the data set, that the model takes for a wrong class, or for the target.',
    },
    default: 'ORIGINAL',
    description: "Where the search starts. The default is the authors'; for models whose gradient at the image leads nowhere.",
  }),
  binarySearchSteps: integer({
    default: 10,
    minimum: 1,
    maximum: 50,
    description: "Halvings by which a start on the boundary is found, each a prediction. The default is the authors'.",
  }),
  ...TARGET_PARAMETERS,
};

export const fmnL0 = fmn('L0');
export const fmnL1 = fmn('L1');
export const fmnL2 = fmn('L2');
export const fmnLinf = fmn('LINF');

function fmn(norm: Norm) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `FMN_${norm}`,
    name: `fmn${suffix}`,
    title: `FMN, ${symbol}`,
    description: `Looks for the smallest change in ${symbol}: gradient steps inside a ball that shrinks while the model is fooled.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: true,
    reference: {
      title: 'Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints',
      authors: 'Pintor, Roli, Brendel, Biggio',
      year: 2021,
      link: 'arXiv:2102.12827',
    },
    parameters: { epsilon: cap, ...PARAMETERS },
    budget,
    prepare: (preparation, { start }) => (start === 'DATA_SET' ? prepareOthers(preparation) : Promise.resolve(undefined)),
    run: (task: AttackTask<ClassifiedImages | undefined>, values) =>
      smallestChange(task, budget(values), 1, (left) => searchFrom(left, norm, values, task.prepared)),
  });
}

/** From the original, or from the boundary, whose search costs as many predictions as it has halvings. */
async function searchFrom(
  task: AttackTask,
  norm: Norm,
  values: ValuesOf<typeof PARAMETERS>,
  others?: ClassifiedImages,
): Promise<SearchResult> {
  if (!others) return search(task, norm, values, task.images);
  const { binarySearchSteps } = values;
  const found = await search(task, norm, values, await boundaryStarts(task, others, norm, binarySearchSteps));
  return { ...found, queries: found.queries.map((count) => count + binarySearchSteps * (task.predictions ?? 1)) };
}

function search(task: AttackTask, norm: Norm, values: ValuesOf<typeof PARAMETERS>, start: HostTensor): Promise<SearchResult> {
  const ball = BALLS[norm];
  const n = task.labels.length;
  const { steps, alpha, alphaFinal = LAST_STEP * alpha, gamma, gammaFinal } = values;
  return takeSteps(task, {
    name: 'step',
    norm,
    count: steps,
    cost: { queries: 1, gradients: 1 },
    state: { current: start, radius: firstRadii(task, ball, start), progress: constant(n, 0) },
    fixed: {
      pace: constant(n, 1 / steps),
      firstStep: constant(n, alpha),
      lastStep: constant(n, alphaFinal),
      firstGamma: constant(n, gamma),
      lastGamma: constant(n, gammaFinal),
    },
    step(logits, { original, aim, current, radius, shortest, progress, pace, firstStep, lastStep, firstGamma, lastGamma }) {
      const image = rounded(task, current, original, norm);
      const { scores, losses: margin, gradient } = lossAndGradient(task, logits, image, goalMargin(task, aim));
      const reached = reachedBy(task, scores, aim);

      const rate = annealed(firstGamma, lastGamma, progress);
      const length = lengthIn[norm](tf.sub(image, original));
      const known = tf.where(reached, tf.minimum(length, shortest), shortest);
      const shrunk = tf.minimum(known, ball.shrink(radius, rate));
      let grown = ball.grow(radius, rate);
      if (ball.firstRadius === undefined) {
        const way = tf.div(tf.abs(margin), tf.maximum(dualLengthIn[norm](gradient), TINY));
        // Longer by γ, unlike in the authors' code: where the boundary curves away, steps to its linear form come ever nearer and never cross it.
        const beyondBoundary = tf.mul(tf.add(lengthIn[norm](tf.sub(current, original)), way), tf.add(1, rate));
        grown = tf.where(tf.less(shortest, NOTHING), grown, beyondBoundary);
      }
      const longest = lengthIn[norm](tf.maximum(original, tf.sub(1, original)));
      const next = tf.maximum(tf.minimum(tf.where(reached, shrunk, grown), longest), 0);

      const size = annealed(firstStep, lastStep, progress);
      const moved = tf.add(current, tf.mul(size, L2.steepest(gradient, image)));
      return {
        image,
        reached,
        state: { current: ball.project(moved, original, next), radius: next, progress: tf.add(progress, pace) },
      };
    },
  });
}

/** A whole number of changed values has to start somewhere: at one, or at what the start changes. */
function firstRadii({ images, labels }: AttackTask, { firstRadius = NOTHING }: Ball, start: HostTensor): HostTensor {
  const size = imageSize(images);
  const radii = constant(labels.length, firstRadius);
  for (const i of labels.keys()) {
    const from = row(floats(images), size, i);
    const change = row(floats(start), size, i).map((value, p) => value - from[p]!);
    radii.data[i] = Math.max(firstRadius, hostLengthIn.L0(change));
  }
  return radii;
}
