/**
 * PGD on a classifier and its detector together: an image is to be of a wrong class, and to have a score of the detector as low as can be. By the sum of both losses
 * (Carlini & Wagner 2017), or by one gradient at a time (Bryniarski et al. 2021): the classifier's until the image is misclassified, then the detector's; each,
 * if asked, only as far as it does not work against the other.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import type { BatchedFunction } from '../../engine/index.js';
import type { HostTensor, Tensors } from '../../tensors/index.js';
import { differentiable } from '../../models/index.js';
import { within } from '../core/budgets.js';
import { type AttackDefinition, type AttackOutput, type AttackTask, defineAttack } from '../core/definition.js';
import { toAttack } from '../core/goal.js';
import { logOddsLoss, marginLoss } from '../core/losses.js';
import { L2_EPSILON, LINF_EPSILON, RESTARTS, STEP_LENGTH } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { randomPoint } from '../core/random-images.js';
import { subtask } from '../core/survivors.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';

const MODES = {
  SELECTIVE: 'The gradient of the classifier until the image is misclassified, then that of the detector.',
  ORTHOGONAL: 'The same, without what of the one gradient lies along the other: a step on one loss leaves the other as it is.',
  SUM: 'The gradient of the sum of both losses, the detector with `weight` (Carlini and Wagner 2017).',
} as const;

const PARAMETERS = {
  mode: choice({ enumName: 'DetectorGradient', values: MODES, default: 'SELECTIVE', description: 'How the two gradients make a step.' }),
  weight: real({ default: 1, minimum: 0, maximum: 1e6, description: "Weight of the detector's score in SUM." }),
  steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps of each start.' }),
  alpha: STEP_LENGTH,
  restarts: RESTARTS,
};

type Values = ValuesOf<typeof PARAMETERS>;

export const detectorPgdLinf = adaptive(LINF, LINF_EPSILON, {
  kind: 'DETECTOR_PGD',
  name: 'detectorPgd',
  title: 'PGD on classifier and detector, L∞',
});
export const detectorPgdL2 = adaptive(L2, L2_EPSILON, {
  kind: 'DETECTOR_PGD_L2',
  name: 'detectorPgdL2',
  title: 'PGD on classifier and detector, L2',
});

function adaptive(
  norm: BudgetNorm,
  epsilon: typeof LINF_EPSILON,
  about: Pick<AttackDefinition, 'kind' | 'name' | 'title'>,
): AttackDefinition {
  return defineAttack({
    ...about,
    description:
      'Steps that make the image misclassified and its detector sure that it is clean. For models with a detector (`spec.detector`); of any other it is PGD that returns its best iterate.',
    reference: {
      title: 'Evading Adversarial Example Detection Defenses with Orthogonal Projected Gradient Descent',
      authors: 'Bryniarski, Hingun, Pachuca, Wang, Carlini',
      year: 2021,
      link: 'arXiv:2106.15023',
    },
    access: 'GRADIENT',
    norms: [norm.norm],
    targeted: false,
    parameters: { epsilon, ...PARAMETERS },
    budget: within(norm.norm),
    run: (task, parameters) => detectorPgd(task, norm, parameters.epsilon, parameters),
  });
}

async function detectorPgd(
  whole: AttackTask,
  norm: BudgetNorm,
  epsilon: number,
  { restarts, steps, alpha, ...plan }: Values,
): Promise<AttackOutput> {
  const rows = toAttack(whole);
  const task = subtask(whole, rows);
  const n = rows.length;
  const step = await compileStep(task, norm, plan);
  const passes = restarts * (steps + 1);
  let found: Readonly<Record<string, HostTensor>> = { best: task.images, wrong: constant(n, -1), reach: constant(n, -Infinity) };
  for (let restart = 0; restart < restarts && n > 0; restart++) {
    const start = randomPoint(task, `detector.start.${restart}`, norm, epsilon);
    const inputs = {
      original: task.images,
      adversarial: start,
      label: { dtype: 'int32' as const, shape: [n], data: task.labels },
      epsilon: constant(n, epsilon),
      step: constant(n, alpha ?? (2.5 * epsilon) / steps),
      ...found,
    };
    const feedback = Object.fromEntries(['adversarial', 'best', 'wrong', 'reach'].map((name) => [name, name]));
    const { best, wrong, reach } = await step.run(inputs, { repeat: steps + 1, feedback, signal: task.signal });
    found = { best: best!, wrong: wrong!, reach: reach! };
  }
  return scattered(whole, rows, found['best']!, passes, plan.mode === 'SUM' ? 1 : 2);
}

/** The images of the rows that were attacked, the others as they were. */
function scattered({ images, labels }: AttackTask, rows: Int32Array, best: HostTensor, passes: number, gradients: number): AttackOutput {
  const data = Float32Array.from(images.data as Float32Array);
  const size = data.length / Math.max(1, labels.length);
  rows.forEach((row, at) => data.set((best.data as Float32Array).subarray(at * size, (at + 1) * size), row * size));
  const spent = (count: number) => {
    const of = new Int32Array(labels.length);
    for (const row of rows) of[row] = count;
    return of;
  };
  return { images: { ...images, data }, queries: spent(passes), gradients: spent(passes * gradients) };
}

/** Best so far: a misclassified image before any other, of those the one with the lowest score, of others the one nearest to the boundary. */
function compileStep(task: AttackTask, norm: BudgetNorm, { mode, weight }: Pick<Values, 'mode' | 'weight'>): Promise<BatchedFunction> {
  const { detector } = differentiable(task.model);
  const { classCount } = task.model.spec;
  const { output } = task.model;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const inputs = {
    ...{ original: image, adversarial: image, best: image, label: { dtype: 'int32', shape: [] } as const },
    ...{ epsilon: perExample, step: perExample, wrong: perExample, reach: perExample },
  };
  const attacked = detector ? task.on(detector) : task;
  return attacked.compile(`${mode}.${mode === 'SUM' ? weight : ''}${norm.norm}`, inputs, (columns, given) => {
    const { original, adversarial, best, wrong, reach, epsilon, step } = given as Record<string, tf.Tensor4D>;
    const label = given['label'] as tf.Tensor1D;
    const both = (x: tf.Tensor) => {
      const all = columns(x as tf.Tensor4D);
      if (!detector) return { scores: all, detection: tf.mul(tf.sum(all, 1), 0) };
      const [scores, detection] = tf.split(all, [classCount, 1], 1) as [tf.Tensor2D, tf.Tensor2D];
      return { scores, detection: tf.squeeze(detection, [1]) };
    };
    const column = (values: tf.Tensor) => tf.reshape(values, [-1, 1, 1, 1]);
    const { scores, detection } = both(adversarial!);
    const margin = column(marginLoss(scores, label, output));
    const isWrong = tf.cast(tf.greater(margin, 0), 'float32');
    const ofClass = (x: tf.Tensor) => tf.sum(logOddsLoss(both(x).scores, label, output));
    const ofDetector = (x: tf.Tensor) => tf.neg(tf.sum(both(x).detection));
    const gradient =
      mode === 'SUM'
        ? tf.grad((x) => tf.add(ofClass(x), tf.mul(weight, ofDetector(x))))(adversarial!)
        : chosen(isWrong, tf.grad(ofClass)(adversarial!), tf.grad(ofDetector)(adversarial!), mode === 'ORTHOGONAL');
    const value = tf.where(tf.greater(isWrong, 0.5), column(tf.neg(detection)), margin);
    const isBetter = tf.greater(
      tf.where(
        tf.greater(isWrong, wrong!),
        tf.onesLike(isWrong),
        tf.where(tf.less(isWrong, wrong!), tf.zerosLike(isWrong), tf.cast(tf.greater(value, reach!), 'float32')),
      ),
      0.5,
    );
    return {
      adversarial: norm.project(tf.add(adversarial!, tf.mul(step!, norm.steepest(gradient, adversarial!))), original!, epsilon!),
      best: tf.where(isBetter, adversarial!, best!),
      wrong: tf.where(isBetter, isWrong, wrong!),
      reach: tf.where(isBetter, value, reach!),
    } satisfies Tensors;
  });
}

/** Of each example one of two gradients, if asked without its part along the other. */
function chosen(isWrong: tf.Tensor, ofClass: tf.Tensor, ofDetector: tf.Tensor, isOrthogonal: boolean): tf.Tensor {
  const without = (gradient: tf.Tensor, other: tf.Tensor) => {
    if (!isOrthogonal) return gradient;
    const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b), [1, 2, 3], true);
    return tf.sub(gradient, tf.mul(other, tf.div(dot(gradient, other), tf.maximum(dot(other, other), 1e-30))));
  };
  return tf.where(tf.greater(isWrong, 0.5), without(ofDetector, ofClass), without(ofClass, ofDetector));
}
