/**
 * SparseFool (Modas, Moosavi-Dezfooli & Frossard 2019): DeepFool finds a point beyond the boundary; the pixels with the steepest slopes there go to the ends of the
 * range one after the other until the boundary, made linear, is crossed; again from there while the model is not fooled.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, gather, type HostTensor } from '../../tensors/index.js';
import { l0Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { copyRow, imageSize } from '../core/image-arrays.js';
import { lossAndGradient } from '../core/losses.js';
import { keepShorter, nothingFound, NOTHING, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { L0_CAP } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';
import { subtask } from '../core/survivors.js';
import { toHyperplaneL1 } from '../norms/hyperplane.js';
import { clipToRange, lengthOf, sumOverPixels } from '../norms/reduce.js';
import { CANDIDATES } from './class-boundaries.js';
import { deepFoolSteps } from './deep-fool.js';
import { evaluated } from './evaluated.js';
import { goalMargin } from './goal.js';
import { classes } from './steps.js';

/** What the hyperplane is moved away by, along its normal, and the settings of the inner DeepFool: those of the authors' code. */
const [OFFSET, INNER_STEPS, INNER_OVERSHOOT] = [1e-3, 50, 0.02];

/** Height below a hyperplane that no change of pixels crosses. */
const OUT_OF_REACH = -1e30;

const PARAMETERS = {
  steps: integer({
    default: 20,
    minimum: 1,
    maximum: 1000,
    description: "Most runs of DeepFool of each example. The default is the authors'.",
  }),
  lambda: real({
    default: 3,
    minimum: 1,
    maximum: 100,
    description:
      "λ: how far beyond the boundary the linear form is taken, in units of DeepFool's change. More fools sooner and changes more pixels; the authors take 1 to 3.",
  }),
  overshoot: real({
    default: 0.02,
    minimum: 0,
    maximum: 10,
    description: "By which part the change is longer than the way to the hyperplane. The default is the authors'.",
  }),
  candidates: CANDIDATES,
};

export const sparseFool = defineAttack({
  kind: 'SPARSE_FOOL',
  name: 'sparseFool',
  title: 'SparseFool',
  description:
    'Changes the pixel values with the steepest slopes to the ends of the range until the boundary that DeepFool finds is crossed.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: false,
  reference: {
    title: 'SparseFool: a few pixels make a big difference',
    authors: 'Modas, Moosavi-Dezfooli, Frossard',
    year: 2019,
    link: 'arXiv:1811.02248',
  },
  parameters: { epsilon: L0_CAP, ...PARAMETERS },
  budget: l0Budget,
  run: (task, { epsilon, ...values }) => smallestChange(task, l0Budget({ epsilon }), 1, (left) => search(left, values)),
});

async function search(task: AttackTask, { steps, lambda, overshoot, candidates }: ValuesOf<typeof PARAMETERS>): Promise<SearchResult> {
  const size = imageSize(task.images);
  const current: HostTensor = { ...task.images, data: floats(task.images).slice() };
  const sparse = await compileSparseWay(task, lambda, overshoot);
  const all = nothingFound(task);
  let left = Int32Array.from(task.labels.keys());
  for (let step = 0; step < steps && left.length > 0; step++) {
    const there = subtask(task, left);
    const plan = { norm: 'L2', steps: INNER_STEPS, overshoot: INNER_OVERSHOOT, candidates } as const;
    const fooled = await deepFoolSteps(there, { ...plan, start: gather(current, left) });
    // A step may cross the boundary where DeepFool's own did not.
    for (const at of left.keys()) if (fooled.lengths[at] === NOTHING) copyRow(fooled.images, fooled.ends, at);
    const moved = await sparse(there, fooled.images);
    for (const [at, i] of left.entries()) {
      all.queries[i]! += fooled.queries[at]! + 1;
      all.gradients[i]! += fooled.gradients[at]! + 1;
      current.data.set(moved.subarray(at * size, (at + 1) * size), i * size);
    }
    const found = await evaluated(there, gather(current, left), 'L0');
    keepShorter(all, found, left);
    left = left.filter((_, at) => found.lengths[at] === NOTHING);
  }
  return all;
}

/** The sparse change that crosses the boundary, made linear at a point λ times as far from the original as a given image. */
async function compileSparseWay(task: AttackTask, lambda: number, overshoot: number) {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const each = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const inputs = { original: image, fooled: image, aim: { dtype: 'int32', shape: [] }, lambda: each, stretch: each } as const;
  const compiled = await task.compile('sparse-way', inputs, (logits, { original, fooled, aim: label, lambda: factor, stretch }) => {
    const at = tf.add(original!, tf.mul(factor!, tf.sub(fooled!, original!)));
    const { gradient: slope } = lossAndGradient(task, logits, at, goalMargin(task, label as tf.Tensor1D));
    const value = tf.mul(-OFFSET, lengthOf(slope));
    // Where the linear form has the original beyond the hyperplane already, all pixels go up the slope: the authors' solver ends there too.
    const isBeyond = tf.greaterEqual(tf.add(value, sumOverPixels(tf.mul(slope, tf.sub(original!, at)))), 0);
    const way = toHyperplaneL1(original!, { at, value: tf.where(isBeyond, tf.mul(OUT_OF_REACH, tf.onesLike(value)), value), slope });
    return { moved: clipToRange(tf.add(original!, tf.mul(stretch!, way))) };
  });
  return async (there: AttackTask, fooled: HostTensor): Promise<Float32Array> => {
    const n = there.labels.length;
    const given = { original: there.images, fooled, aim: classes(aim(there).labels) };
    const { moved } = await compiled.run(
      { ...given, lambda: constant(n, lambda), stretch: constant(n, 1 + overshoot) },
      { signal: task.signal },
    );
    return floats(moved!);
  };
}
