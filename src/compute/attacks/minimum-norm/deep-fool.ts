/** DeepFool (Moosavi-Dezfooli et al. 2016): steps to the nearest class boundary, made linear, until the model is fooled. @module */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { imageSize, row } from '../core/image-arrays.js';
import { NOTHING, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import { clipToRange } from '../norms/reduce.js';
import { candidateClasses, CANDIDATES, nearestBoundary } from './class-boundaries.js';
import { reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { type Steps, stepsInRounds } from './steps.js';
import { rounded } from './stored.js';

/** What differs between the norms: the shortest way along a gradient. */
const STEEPEST = { L2: L2.steepest, LINF: LINF.steepest };

/** What the authors' code adds to each step, so that none is zero. */
const SMALLEST_STEP = 1e-4;

export const deepFoolL2 = deepFool('L2');
export const deepFoolLinf = deepFool('LINF');

function deepFool(norm: keyof typeof STEEPEST) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `DEEP_FOOL_${norm}`,
    name: `deepFool${suffix}`,
    title: `DeepFool, ${symbol}`,
    description: `Steps to the nearest class boundary, made linear, until the model is fooled: a small change in ${symbol} for few passes.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: false,
    reference: {
      title: 'DeepFool: a simple and accurate method to fool deep neural networks',
      authors: 'Moosavi-Dezfooli, Fawzi, Frossard',
      year: 2016,
      link: 'arXiv:1511.04599',
    },
    parameters: {
      epsilon: cap,
      steps: integer({ default: 50, minimum: 1, maximum: 10_000, description: "Most steps of each example. The default is the authors'." }),
      overshoot: real({
        default: 0.02,
        minimum: 0,
        maximum: 10,
        description: "By which part each step is longer than the way to the boundary. The default is the authors'.",
      }),
      candidates: CANDIDATES,
    },
    budget,
    run: (task, { epsilon, steps, overshoot, candidates }) =>
      smallestChange(task, budget({ epsilon }), 1, (left) =>
        deepFoolSteps(left, { norm, start: left.images, steps, overshoot, candidates }),
      ),
  });
}

export interface DeepFoolPlan {
  readonly norm: keyof typeof STEEPEST;
  readonly start: HostTensor;
  readonly steps: number;
  readonly overshoot: number;
  /** Wrong classes whose boundaries are compared. */
  readonly candidates: number;
}

export interface DeepFoolResult extends SearchResult {
  /** Where the steps led, also where no image of a wrong class was found. */
  readonly ends: HostTensor;
}

/** Steps from an image of each example until it reaches a wrong class. */
export async function deepFoolSteps(
  task: AttackTask,
  { norm, start, steps, overshoot, candidates }: DeepFoolPlan,
): Promise<DeepFoolResult> {
  const others = candidateClasses(task, candidates);
  const columns = others.shape[1]!;
  const [ends, size] = [floats(start).slice(), imageSize(start)];
  const plan: Steps<'current', 'others' | 'stretch'> = {
    name: `step.${columns}`,
    norm,
    // A step looks where the step before went.
    count: steps + 1,
    cost: { queries: 1, gradients: columns },
    state: { current: start },
    fixed: { others, stretch: constant(task.labels.length, 1 + overshoot) },
    step(logits, inputs) {
      const { original, aim: label, current, stretch } = inputs;
      const image = rounded(task, current, original, norm);
      const { scores, slope, distance } = nearestBoundary(task, logits, image, label, inputs.others, norm);
      const way = tf.mul(tf.add(distance, SMALLEST_STEP), STEEPEST[norm](slope, image));
      // From the image itself, where a pixel at the end of its range stays, and not from the sum of all steps: on CIFAR-10 and MNIST changes are shorter.
      const next = clipToRange(tf.add(current, tf.mul(stretch, way)));
      return { image, reached: reachedBy(task, scores, label), state: { current: next } };
    },
  };
  const found = await stepsInRounds(task, plan, 1, (at, example, { current, shortest }) => {
    ends.set(row(floats(current), size, at), example * size);
    return shortest.data[at] === NOTHING;
  });
  return { ...found, ends: { ...start, data: ends } };
}
