/**
 * ReColorAdv (Laidlaw & Feizi 2019): one function of colours for all pixels of an image, on a grid of colours and linear in between, that changes each colour a little and
 * neighbouring colours alike.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Budget, effectiveEpsilon } from '../../distances/index.js';
import { choice, integer, real } from '../../parameters/index.js';
import type { HostTensor } from '../../tensors/index.js';
import { adamDirection } from '../core/adam.js';
import { linfBudget } from '../core/budgets.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { LINF_EPSILON, LOGIT_MARGIN } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { reachedWith, shortOf } from '../minimum-norm/goal.js';
import { takeSteps } from '../minimum-norm/steps.js';
import { rounded } from '../minimum-norm/stored.js';
import { clipToRange } from '../norms/reduce.js';
import { checkColours, imageOfLuv, luv } from './colours.js';

const SPACES = {
  AS_IS: 'As the images have them: each channel changes by ε at most.',
  CIELUV:
    "CIELUV, as the authors: L*, u* and v* change by ε at most, in hundredths of L* and two hundredths of the others. The authors' ε is 0.06. It is no budget in a norm of the pixels.",
} as const;

interface Bounded {
  readonly epsilon: number;
  readonly space: keyof typeof SPACES;
}

/** None in a norm where another space is bounded. */
const budgetOf = ({ epsilon, space }: Bounded): Budget => (space === 'AS_IS' ? linfBudget({ epsilon }) : linfBudget({}));

export const reColor = defineAttack({
  kind: 'RE_COLOR',
  name: 'reColor',
  title: 'ReColorAdv',
  description:
    'Changes colours by one smooth function for all pixels of an image, each channel by ε at most: the same colour stays the same everywhere.',
  access: 'GRADIENT',
  norms: ['LINF'],
  distance: 'CIEDE2000',
  targeted: true,
  reference: { title: 'Functional Adversarial Attacks', authors: 'Laidlaw, Feizi', year: 2019, link: 'arXiv:1906.00001' },
  parameters: {
    epsilon: LINF_EPSILON,
    space: choice({ enumName: 'ColourSpace', values: SPACES, default: 'AS_IS', description: 'Where colours are changed.' }),
    steps: integer({ default: 100, minimum: 1, maximum: 100_000, description: "Number of steps of Adam. The default is the authors'." }),
    grid: integer({
      default: 8,
      minimum: 2,
      maximum: 64,
      description: 'Points of the grid along each channel. The authors take 16 to 32 in CIELUV.',
    }),
    learningRate: real({ default: 0.01, minimum: 1e-6, maximum: 10, description: "Adam's learning rate, in shares of the pixel range." }),
    smoothness: real({
      default: 0.05,
      minimum: 0,
      maximum: 1000,
      description: "Weight of differences between neighbouring points of the grid, against the margin. The default is the authors'.",
    }),
    confidence: LOGIT_MARGIN,
    ...TARGET_PARAMETERS,
  },
  budget: budgetOf,
  run(task, { epsilon, space, steps, grid, learningRate, smoothness, confidence }) {
    if (space === 'CIELUV') checkColours(task);
    return smallestChange(task, budgetOf({ epsilon, space }), 1, (left) => {
      const n = left.labels.length;
      const channels = left.model.spec.inputShape[2];
      const shape = [grid ** channels, channels];
      const still = (): HostTensor => ({ dtype: 'float32', shape: [n, ...shape], data: new Float32Array(n * grid ** channels * channels) });
      const limit =
        space === 'AS_IS' ? effectiveEpsilon({ ...linfBudget({ epsilon }), judging: left.judging, levels: left.levels }) : epsilon;
      return takeSteps(left, {
        name: space === 'AS_IS' ? `colours.${grid}` : `${space}.${grid}`,
        norm: 'LINF',
        count: steps,
        cost: { queries: 1, gradients: 1 },
        state: { shifts: still(), mean: still(), square: still(), time: scalar(n, 0) },
        fixed: {
          ...{ most: scalar(n, limit), limit: constant(n, limit), rate: scalar(n, learningRate) },
          ...{ weight: constant(n, smoothness), kappa: constant(n, confidence) },
        },
        step(logits, { original, aim, shifts, most, limit: bound, weight, rate, kappa, mean, square, time }) {
          const image = (at: tf.Tensor) => {
            if (space === 'CIELUV') {
              const colours = luv(original);
              const moved = tf.add(colours, recoloured(tf.clipByValue(colours, 0, 1) as tf.Tensor4D, at, grid));
              return rounded(left, imageOfLuv(moved), original, 'L2');
            }
            const changed = rounded(left, clipToRange(tf.add(original, recoloured(original as tf.Tensor4D, at, grid))), original, 'L2');
            return tf.minimum(tf.maximum(changed, tf.sub(original, bound)), tf.add(original, bound));
          };
          const lossOf = (scores: tf.Tensor2D, at: tf.Tensor) =>
            tf.add(shortOf(left, scores, aim, kappa), tf.mul(weight, unevenness(at, grid)));
          const { scores, gradient } = lossAndGradient(left, (at) => logits(image(at)), shifts, lossOf);
          const { direction, next } = adamDirection({ mean, square, time }, gradient);
          const moved = tf.sub(shifts, tf.mul(rate, direction));
          return {
            image: image(shifts),
            reached: reachedWith(left, scores, aim, kappa),
            state: { shifts: tf.maximum(tf.minimum(moved, most), tf.neg(most)), ...next },
          };
        },
      });
    });
  },
});

/** The same value for each of n examples, in a shape that broadcasts over the grid. */
const scalar = (n: number, value: number): HostTensor => ({ dtype: 'float32', shape: [n, 1, 1], data: new Float32Array(n).fill(value) });

/** What the function adds to each pixel, `[n, height, width, channels]`. @param shifts `[n, grid ** channels, channels]`, of the colours on the grid. */
function recoloured(image: tf.Tensor4D, shifts: tf.Tensor, grid: number): tf.Tensor {
  const [n, height, width, channels] = image.shape;
  const pixels = height * width;
  const points = tf.range(0, grid);
  let [sum, rest]: [tf.Tensor, number] = [shifts, grid ** channels * channels];
  // One channel after the other: those that are left are the rows of what is added up.
  for (let channel = 0; channel < channels; channel++) {
    const values = tf.reshape(tf.slice(image, [0, 0, 0, channel], [n, height, width, 1]), [n, pixels, 1]);
    // Linear between neighbouring points.
    const shares = tf.relu(tf.sub(1, tf.abs(tf.sub(tf.mul(values, grid - 1), points))));
    rest /= grid;
    sum =
      channel === 0
        ? tf.matMul(shares as tf.Tensor3D, tf.reshape(sum, [n, grid, rest]) as tf.Tensor3D)
        : tf.sum(tf.mul(tf.expandDims(shares, 3), tf.reshape(sum, [n, pixels, grid, rest])), 2);
  }
  return tf.reshape(sum, [n, height, width, channels]);
}

/** The sum of squares of differences between neighbours along each channel, `[n, 1, 1, 1]`. */
function unevenness(shifts: tf.Tensor, grid: number): tf.Tensor {
  const [n, colours, channels] = shifts.shape as [number, number, number];
  let sum: tf.Tensor = tf.zeros([n, 1, 1, 1]);
  for (let step = 1; step < colours; step *= grid) {
    const along = tf.reshape(shifts, [n, colours / (step * grid), grid, step * channels]) as tf.Tensor4D;
    const rows = colours / (step * grid);
    const part = (from: number) => tf.slice(along, [0, 0, from, 0], [n, rows, grid - 1, step * channels]);
    sum = tf.add(sum, tf.sum(tf.square(tf.sub(part(1), part(0))), [1, 2, 3], true));
  }
  return sum;
}
