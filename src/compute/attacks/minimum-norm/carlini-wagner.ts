/**
 * Carlini & Wagner's attacks in L2 and L∞: Adam on the length of the change and the margin together, over images as `(tanh w + 1) / 2`, which cannot leave
 * the pixel range.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
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
import { CONFIDENCE, initialConstant, SEARCH_STEPS, searchConstant, stepsWhileFalling } from './constant-search.js';
import { goalMargin, reachedBy, reachedWith, shortOf } from './goal.js';
import { stepsInRounds } from './steps.js';
import { rounded } from './stored.js';

const CARLINI_WAGNER_2017: AttackReference = {
  title: 'Towards Evaluating the Robustness of Neural Networks',
  authors: 'Carlini, Wagner',
  year: 2017,
  link: 'arXiv:1608.04644',
};

const learningRate = (rate: number) => real({ default: rate, minimum: 1e-6, maximum: 10, description: "Adam's learning rate." });

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
    default: 100,
    minimum: 1,
    maximum: 100_000,
    description: 'Most steps for each pair of τ and c. The authors take 1,000 at a learning rate of 0.005, for ten times the time.',
  }),
  initialConstant: initialConstant(1e-5),
  learningRate: learningRate(0.05),
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
    stepsWhileFalling(task, {
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

/** The authors' constants: c doubles up to the last, τ shrinks by a tenth down to a level of 8 bits. */
const LARGEST_CONSTANT = 20;
const GROWTH = 2;
const SHRINKAGE = 0.9;
const SMALLEST_TAU = 1 / 256;

/** Part of c that the loss may be at a solution. */
const SOLVED = 1e-4;

/**
 * `min c · max(-margin(x), 0) + Σ max(|x - X| - τ, 0)`. Where that succeeds, τ shrinks and the search continues from there; where it does not, c grows. Every
 * example has its own τ and c. After each tenth of the steps, those that have a solution or have taken all steps get their next pair.
 */
function searchLinf(
  task: AttackTask,
  { steps, initialConstant: firstConstant, learningRate: rate }: ValuesOf<typeof LINF_PARAMETERS>,
): Promise<SearchResult> {
  const n = task.labels.length;
  const tenth = Math.ceil(steps / 10);
  const taken = new Int32Array(n);
  return stepsInRounds(
    task,
    {
      name: 'step',
      norm: 'LINF',
      count: Infinity,
      cost: { queries: 1, gradients: 1 },
      state: {
        ...adamAt(task.images),
        tau: constant(n, 1),
        c: constant(n, firstConstant),
        solved: constant(n, 0),
        length: constant(n, 0),
      },
      fixed: { rate: constant(n, rate) },
      step(logits, { original, aim, rate: size, tau, c, solved, ...adam }) {
        const storedOf = (w: tf.Tensor) => rounded(task, imageOf(w), original, 'LINF');
        const lossOf = (scores: tf.Tensor2D, w: tf.Tensor) => {
          const excess = sumOverPixels(tf.relu(tf.sub(tf.abs(tf.sub(imageOf(w), original)), tau)));
          return tf.add(tf.mul(c, tf.relu(tf.neg(goalMargin(task, aim)(scores)))), excess);
        };
        const { scores, losses, gradient } = lossAndGradient(task, (w) => logits(storedOf(w)), adam.w, lossOf);
        const reached = reachedBy(task, scores, aim);
        const isSolved = tf.logicalOr(tf.greater(solved, 0), tf.logicalAnd(reached, tf.less(losses, tf.mul(SOLVED, c))));
        const next = adamStep(adam, gradient, size);
        return {
          image: storedOf(adam.w),
          reached,
          state: {
            ...next,
            // An example that has a solution stays where it is.
            w: tf.where(isSolved, adam.w, next.w),
            tau,
            c,
            solved: tf.cast(isSolved, 'float32'),
            length: lengthIn.LINF(tf.sub(imageOf(adam.w), original)),
          },
        };
      },
    },
    tenth,
    (row, i, { mean, square, time, solved, ...last }) => {
      const [tau, c] = [floats(last.tau), floats(last.c)];
      taken[i]! += tenth;
      if (solved.data[row]! > 0) {
        tau[row] = SHRINKAGE * Math.min(tau[row]!, last.length.data[row]!);
        // Adam forgets; the image stays.
        for (const tensor of [mean, square, time, solved]) clear(tensor, row);
        taken[i] = 0;
        return tau[row]! > SMALLEST_TAU;
      }
      if (taken[i]! < steps) return true;
      c[row]! *= GROWTH;
      taken[i] = 0;
      return c[row]! < LARGEST_CONSTANT;
    },
  );
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
