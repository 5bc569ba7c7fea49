/**
 * stAdv, spatially transformed adversarial examples (Xiao et al. 2018): a flow that moves every pixel a little, as smooth as the margin allows. It has no budget in a
 * norm.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Budget } from '../../distances/index.js';
import { integer, real } from '../../parameters/index.js';
import type { HostTensor } from '../../tensors/index.js';
import { adamDirection } from '../core/adam.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { LOGIT_MARGIN } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { sumOverPixels } from '../norms/reduce.js';
import { reachedWith, shortOf } from '../minimum-norm/goal.js';
import { takeSteps } from '../minimum-norm/steps.js';
import { rounded } from '../minimum-norm/stored.js';

const NO_BUDGET: Budget = { norm: 'LINF', epsilon: Infinity };

/** Keeps the slope of a root finite where neighbours move alike. */
const SMALLEST_SQUARE = 1e-8;

export const stAdv = defineAttack({
  kind: 'ST_ADV',
  name: 'stAdv',
  title: 'stAdv',
  description:
    'Moves pixels by a smooth flow, which keeps colours and changes shapes, until the model is fooled. It has no budget in a norm; distances are measured as they are.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: {
    title: 'Spatially Transformed Adversarial Examples',
    authors: 'Xiao, Zhu, Li, He, Liu, Song',
    year: 2018,
    link: 'arXiv:1801.02612',
  },
  parameters: {
    steps: integer({
      default: 200,
      minimum: 1,
      maximum: 100_000,
      description: 'Number of steps of Adam; the authors run L-BFGS to its end. The smoothest flow that fools the model is kept.',
    }),
    tau: real({
      default: 0.05,
      minimum: 0,
      maximum: 1000,
      description: "τ: weight of the flow's unevenness against the margin. The default is the authors'.",
    }),
    learningRate: real({ default: 0.05, minimum: 1e-6, maximum: 10, description: "Adam's learning rate, in pixels." }),
    confidence: LOGIT_MARGIN,
    ...TARGET_PARAMETERS,
  },
  budget: () => NO_BUDGET,
  run: (task, { steps, tau, learningRate, confidence }) =>
    smallestChange(task, NO_BUDGET, 1, (left) => {
      const n = left.labels.length;
      const [height, width] = left.model.spec.inputShape;
      const still = (): HostTensor => ({ dtype: 'float32', shape: [n, height, width, 2], data: new Float32Array(n * height * width * 2) });
      return takeSteps(left, {
        name: 'flow',
        norm: 'LINF',
        lengthOf: (_, { flow }) => unevenness(flow),
        count: steps,
        cost: { queries: 1, gradients: 1 },
        state: { flow: still(), mean: still(), square: still(), time: constant(n, 0) },
        fixed: { weight: constant(n, tau), rate: constant(n, learningRate), kappa: constant(n, confidence) },
        step(logits, { original, aim, flow, weight, rate, kappa, mean, square, time }) {
          const image = (at: tf.Tensor) => rounded(left, flowed(original as tf.Tensor4D, at), original, 'L2');
          const lossOf = (scores: tf.Tensor2D, at: tf.Tensor) => tf.add(shortOf(left, scores, aim, kappa), tf.mul(weight, unevenness(at)));
          const { scores, gradient } = lossAndGradient(left, (at) => logits(image(at)), flow, lossOf);
          const { direction, next } = adamDirection({ mean, square, time }, gradient);
          return {
            image: image(flow),
            reached: reachedWith(left, scores, aim, kappa),
            state: { flow: tf.sub(flow, tf.mul(rate, direction)), ...next },
          };
        },
      });
    }),
});

/** Each pixel's differences to those below and to the right, as lengths, summed. @param flow `[n, height, width, 2]`, pixels down and to the right. */
function unevenness(flow: tf.Tensor): tf.Tensor {
  const [n, height, width] = flow.shape as [number, number, number, number];
  const lengths = (a: tf.Tensor, b: tf.Tensor) => {
    const squares = tf.sum(tf.square(tf.sub(a, b)), 3, true);
    return sumOverPixels(tf.sub(tf.sqrt(tf.add(squares, SMALLEST_SQUARE)), Math.sqrt(SMALLEST_SQUARE)));
  };
  const part = (top: number, left: number, rows: number, columns: number) => tf.slice(flow, [0, top, left, 0], [n, rows, columns, 2]);
  return tf.add(
    lengths(part(1, 0, height - 1, width), part(0, 0, height - 1, width)),
    lengths(part(0, 1, height, width - 1), part(0, 0, height, width - 1)),
  );
}

/** The image whose pixels are taken, by bilinear interpolation, from where the flow points; from the edge where that is outside. */
function flowed(image: tf.Tensor4D, flow: tf.Tensor): tf.Tensor {
  const [n, height, width, channels] = image.shape;
  const pixels = height * width;
  const places = Array.from({ length: pixels }, (_, at) => [Math.floor(at / width), at % width]).flat();
  const source = tf.add(tf.tensor4d(Float32Array.from(places), [1, height, width, 2]), flow);
  const [down, across] = tf.split(tf.reshape(source, [n, pixels, 2]), 2, 2).map((axis, k) => {
    const last = (k === 0 ? height : width) - 1;
    const at = tf.clipByValue(tf.reshape(axis, [n, pixels]), 0, last);
    const low = tf.clipByValue(tf.floor(at), 0, Math.max(0, last - 1));
    return { low, share: tf.sub(at, low), last };
  }) as [Axis, Axis];
  const flat = tf.reshape(image, [n, pixels, channels]);
  const tap = (isBelow: boolean, isRight: boolean) => {
    const row = tf.minimum(tf.add(down.low, Number(isBelow)), down.last);
    const column = tf.minimum(tf.add(across.low, Number(isRight)), across.last);
    const index = tf.cast(tf.add(tf.mul(row, width), column), 'int32');
    const weight = tf.mul(isBelow ? down.share : tf.sub(1, down.share), isRight ? across.share : tf.sub(1, across.share));
    return tf.mul(tf.gather(flat, index, 1, 1), tf.expandDims(weight, 2));
  };
  const sum = tf.addN([tap(false, false), tap(false, true), tap(true, false), tap(true, true)]);
  return tf.reshape(sum, [n, height, width, channels]);
}

interface Axis {
  readonly low: tf.Tensor;
  readonly share: tf.Tensor;
  readonly last: number;
}
