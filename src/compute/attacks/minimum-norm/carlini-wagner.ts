/**
 * Carlini & Wagner's attacks in L2 and L∞: Adam on the length of the change and the margin together, over images as `(tanh w + 1) / 2`, which cannot leave
 * the pixel range.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { boolean, integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { adamDirection, type AdamState } from '../core/adam.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { type SearchResult, NOTHING, smallestChange } from '../core/minimum-norm.js';
import { L2_CAP, LINF_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { lengthIn } from '../norms/lengths.js';
import { sumOverPixels } from '../norms/reduce.js';
import {
  ABORT_EARLY,
  CONFIDENCE,
  LEAST_PROGRESS,
  initialConstant,
  SEARCH_STEPS,
  searchConstant,
  stepsWhileFalling,
} from './constant-search.js';
import { reachedWith, shortOf } from './goal.js';
import { stepsInRounds } from './steps.js';
import { rounded } from './stored.js';

const CARLINI_WAGNER_2017: AttackReference = {
  title: 'Towards Evaluating the Robustness of Neural Networks',
  authors: 'Carlini, Wagner',
  year: 2017,
  link: 'arXiv:1608.04644',
};

const learningRate = (rate: number, why = '') =>
  real({ default: rate, minimum: 1e-6, maximum: 10, description: `Adam's learning rate. ${why}The default is the authors'.` });

const L2_PARAMETERS = {
  epsilon: L2_CAP,
  steps: integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Most steps for each c; an example whose loss no longer falls takes fewer. The authors take 1,000 in their example, at most 10,000.',
  }),
  searchSteps: SEARCH_STEPS,
  initialConstant: initialConstant(1e-3),
  confidence: CONFIDENCE,
  learningRate: learningRate(0.01),
  abortEarly: ABORT_EARLY,
  ...TARGET_PARAMETERS,
};

export const cwL2 = defineAttack({
  kind: 'CW_L2',
  name: 'cwL2',
  title: 'Carlini & Wagner, L2',
  description: 'Minimises the length of the change and the margin of the true class together, and searches for the best weight of the two.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: CARLINI_WAGNER_2017,
  parameters: L2_PARAMETERS,
  budget: l2Budget,
  run: (task, values) => smallestChange(task, l2Budget(values), 1, (left) => searchL2(left, values)),
});

const LINF_PARAMETERS = {
  epsilon: LINF_CAP,
  steps: integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description: "Most steps for each pair of τ and c. The default is the authors'.",
  }),
  initialConstant: initialConstant(1e-5),
  largestConstant: real({
    default: 20,
    minimum: 1e-10,
    maximum: 1e10,
    description: "Where c gets this far, the search ends. The default is the authors'.",
  }),
  constantFactor: real({
    default: 2,
    minimum: 1.01,
    maximum: 1000,
    description: "Factor by which c grows where no solution is found. The default is the authors'.",
  }),
  reduceConstant: boolean({
    default: false,
    description: "Halves c after each solution: slower, and sometimes shorter. The default is the authors'.",
  }),
  tauDecay: real({
    default: 0.9,
    minimum: 0.01,
    maximum: 0.999,
    description: "Factor by which τ shrinks after a solution, from the length of that where it is below τ. The default is the authors'.",
  }),
  warmStart: boolean({
    default: true,
    description:
      "Continues with each pair of τ and c from the image of the pair before, as the authors' code does, and not from the original.",
  }),
  abortEarly: boolean({
    default: true,
    description:
      'An example that has a solution, or whose loss does not fall in a tenth of the steps, gets its next pair of τ and c. The authors stop at a solution alone, which takes several times the steps.',
  }),
  confidence: CONFIDENCE,
  learningRate: learningRate(0.005, 'On MNIST, 0.05 with 100 steps finds shorter changes. '),
  ...TARGET_PARAMETERS,
};

export const cwLinf = defineAttack({
  kind: 'CW_LINF',
  name: 'cwLinf',
  title: 'Carlini & Wagner, L∞',
  description: 'Minimises what exceeds a limit on the change together with the margin of the true class, for ever smaller limits.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: CARLINI_WAGNER_2017,
  parameters: LINF_PARAMETERS,
  budget: linfBudget,
  run: (task, values) => smallestChange(task, linfBudget(values), 1, (left) => searchLinf(left, values)),
});

/** `min ‖x - X‖² + c · max(κ - margin(x), 0)`, with a binary search for c. */
function searchL2(task: AttackTask, values: ValuesOf<typeof L2_PARAMETERS>): Promise<SearchResult> {
  const n = task.labels.length;
  return searchConstant(task, values, (c) =>
    stepsWhileFalling(task, values.abortEarly, {
      name: 'step',
      norm: 'L2',
      count: values.steps,
      cost: { queries: 1, gradients: 1 },
      state: { ...adamAt(task.images), loss: constant(n, NOTHING) },
      fixed: { confidence: constant(n, values.confidence), rate: constant(n, values.learningRate), c },
      step(logits, { original, aim, confidence, rate, c: weight, ...adam }) {
        const storedOf = (w: tf.Tensor) => rounded(task, imageOf(w), original, 'L2');
        const lossOf = (scores: tf.Tensor2D, w: tf.Tensor) => {
          const length = sumOverPixels(tf.square(tf.sub(imageOf(w), original)));
          return tf.add(length, tf.mul(weight, shortOf(task, scores, aim, confidence)));
        };
        const { scores, losses, gradient } = lossAndGradient(task, (w) => logits(storedOf(w)), adam.w, lossOf);
        return {
          image: storedOf(adam.w),
          reached: reachedWith(task, scores, aim, confidence),
          state: { ...adamStep(adam, gradient, rate), loss: losses },
        };
      },
    }),
  );
}

/** After at most as many steps, examples that have a solution leave. */
const MOST_PER_ROUND = 10;

/** τ shrinks down to a level of 8 bits. */
const SMALLEST_TAU = 1 / 256;

/** Part of c that the loss may be at a solution; as in the authors' code. */
const SOLVED = 1e-4;

/**
 * `min c · max(κ - margin(x), 0) + Σ max(|x - X| - τ, 0)`. Where that succeeds, τ shrinks and the search continues from there; where it does not, c grows. Every
 * example has its own τ and c. After every few steps, those that have a solution, or that are at their end, get their next pair.
 */
function searchLinf(task: AttackTask, values: ValuesOf<typeof LINF_PARAMETERS>): Promise<SearchResult> {
  const n = task.labels.length;
  const { steps, abortEarly, largestConstant } = values;
  const tenth = Math.ceil(steps / 10);
  const round = Math.min(tenth, MOST_PER_ROUND);
  const first = adamAt(task.images);
  const taken = new Int32Array(n);
  const losses = new Float32Array(n).fill(NOTHING);
  /** Whether the loss has fallen since the last look, a tenth of the steps ago; so it has where that is not over. */
  const isFalling = (i: number, now: number) => {
    if (taken[i]! % tenth >= round) return true;
    const before = losses[i]!;
    losses[i] = now;
    return now <= (1 - LEAST_PROGRESS) * before;
  };
  return stepsInRounds(
    task,
    {
      name: abortEarly ? 'step' : 'step.all',
      norm: 'LINF',
      count: Infinity,
      cost: { queries: 1, gradients: 1 },
      state: {
        ...first,
        tau: constant(n, 1),
        c: constant(n, values.initialConstant),
        solved: constant(n, 0),
        length: constant(n, 0),
        loss: constant(n, NOTHING),
      },
      fixed: { rate: constant(n, values.learningRate), confidence: constant(n, values.confidence) },
      step(logits, { original, aim, rate, confidence, tau, c, solved, length, loss: _, ...adam }) {
        const storedOf = (w: tf.Tensor) => rounded(task, imageOf(w), original, 'LINF');
        const lossOf = (scores: tf.Tensor2D, w: tf.Tensor) => {
          const excess = sumOverPixels(tf.relu(tf.sub(tf.abs(tf.sub(imageOf(w), original)), tau)));
          return tf.add(tf.mul(c, shortOf(task, scores, aim, confidence)), excess);
        };
        const { scores, losses, gradient } = lossAndGradient(task, (w) => logits(storedOf(w)), adam.w, lossOf);
        const reached = reachedWith(task, scores, aim, confidence);
        const isSolution = tf.logicalAnd(reached, tf.less(losses, tf.mul(SOLVED, c)));
        const isSolved = tf.logicalOr(tf.greater(solved, 0), isSolution);
        const next = adamStep(adam, gradient, rate);
        const reach = lengthIn.LINF(tf.sub(imageOf(adam.w), original));
        return {
          image: storedOf(adam.w),
          reached,
          state: {
            ...next,
            // An example that has a solution stays where it is, unless it is to take all steps.
            w: abortEarly ? tf.where(isSolved, adam.w, next.w) : next.w,
            tau,
            c,
            solved: tf.cast(isSolved, 'float32'),
            length: tf.where(isSolution, reach, length),
            loss: losses,
          },
        };
      },
    },
    round,
    (row, i, { mean, square, time, solved, ...last }) => {
      const [tau, c] = [floats(last.tau), floats(last.c)];
      const hasSolution = solved.data[row]! > 0;
      taken[i]! += round;
      const isOver = abortEarly && (hasSolution || !isFalling(i, last.loss.data[row]!));
      if (taken[i]! < steps && !isOver) return true;
      [taken[i], losses[i]] = [0, NOTHING];
      if (hasSolution) {
        tau[row] = values.tauDecay * Math.min(tau[row]!, last.length.data[row]!);
        if (values.reduceConstant) c[row]! /= 2;
      } else c[row]! *= values.constantFactor;
      // Adam forgets with each pair; the image stays in a warm start.
      for (const tensor of [mean, square, time, solved]) clear(tensor, row);
      if (!values.warmStart) copyRow(first.w, i, last.w, row);
      return tau[row]! > SMALLEST_TAU && c[row]! < largestConstant;
    },
  );
}

function copyRow(from: HostTensor, at: number, to: HostTensor, row: number): void {
  const size = to.data.length / to.shape[0]!;
  to.data.set(from.data.subarray(at * size, (at + 1) * size), row * size);
}

function clear({ data, shape }: HostTensor, row: number): void {
  const size = data.length / shape[0]!;
  data.fill(0, row * size, (row + 1) * size);
}

/** Pixels at the ends of the range are moved inwards, as in the authors' code: their w is not finite. */
const INSIDE = 0.999999;

function imageOf(w: tf.Tensor): tf.Tensor {
  return tf.div(tf.add(tf.tanh(w), 1), 2);
}

type Adam<Tensor> = Readonly<{ w: Tensor }> & AdamState<Tensor>;

/** Adam before its first step, with w at an image. */
function adamAt(images: HostTensor): Adam<HostTensor> {
  const data = floats(images).map((value) => Math.atanh((2 * value - 1) * INSIDE));
  const zeros = () => ({ ...images, data: new Float32Array(data.length) });
  return { w: { ...images, data }, mean: zeros(), square: zeros(), time: constant(images.shape[0]!, 0) };
}

function adamStep({ w, ...state }: Adam<tf.Tensor>, gradient: tf.Tensor, rate: tf.Tensor): Adam<tf.Tensor> {
  const { direction, next } = adamDirection(state, gradient);
  return { ...next, w: tf.sub(w, tf.mul(rate, direction)) };
}
