/**
 * JSMA, the Jacobian-based saliency map attack (Papernot et al. 2016): changes the pair of pixel values that raises the target class most while it lowers the
 * others, again and again. Without a target, the pair that lowers the true class while it raises the others (Wiyatno & Xu 2018, arXiv 1808.07945).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import { boolean, real, type ValuesOf } from '../../parameters/index.js';
import { BYTE_LEVELS, argmaxRows, floats, gather, sizeOf } from '../../tensors/index.js';
import { l0Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { aim, isReached } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { type SearchResult, nothingFound, smallestChange } from '../core/minimum-norm.js';
import { L0_CAP } from '../core/parameters.js';
import { classes } from './steps.js';

const PARAMETERS = {
  epsilon: L0_CAP,
  theta: real({
    default: 1,
    minimum: 1 / 255,
    maximum: 1,
    description: 'θ: by how much a pixel value changes at once, as a fraction of the pixel range.',
  }),
  decrease: boolean({
    default: false,
    description: 'Lowers pixel values instead of raising them, for images that are bright already.',
  }),
  gamma: real({
    default: 1,
    minimum: 0,
    maximum: 1,
    description:
      'γ: most changes of pixel values, as a share of all. The paper takes 0.145; the default has no such limit, as the search is for the fewest.',
  }),
  inPairs: boolean({
    default: true,
    description:
      'Changes two pixel values at once, as the paper does, and not one: of single ones, few raise the target and lower the others.',
  }),
  ...TARGET_PARAMETERS,
};

export const jsma = defineAttack({
  kind: 'JSMA',
  name: 'jsma',
  title: 'JSMA',
  description: 'Changes few pixel values by much: pair by pair, those with the largest effect on the prediction.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'The Limitations of Deep Learning in Adversarial Settings',
    authors: 'Papernot, McDaniel, Jha, Fredrikson, Celik, Swami',
    year: 2016,
    link: 'arXiv:1511.07528',
  },
  parameters: PARAMETERS,
  budget(values, imageShape) {
    const { norm, epsilon } = l0Budget(values);
    // γ is a limit as well: what it leaves right is no sign of masked gradients.
    const changed = values.gamma < 1 ? mostChanges(values, sizeOf(imageShape)) * atOnce(values) : Infinity;
    return { norm, epsilon: Math.min(epsilon, changed) };
  },
  run: (task, values) => smallestChange(task, l0Budget(values), 1, (left) => search(left, values)),
});

/** A pixel value that is no further than this from the end of its range is not moved there: that would be a change for nothing. */
const STUCK = 0.01;

interface ChangeLimit {
  readonly gamma: number;
  readonly inPairs: boolean;
}

/** Pixel values that one change moves. */
const atOnce = ({ inPairs }: Pick<ChangeLimit, 'inPairs'>) => (inPairs ? 2 : 1);

/** @param size pixel values of an image. */
const mostChanges = ({ gamma, inPairs }: ChangeLimit, size: number) => Math.floor((size * gamma) / atOnce({ inPairs }));

async function search(task: AttackTask, { theta, decrease, gamma, inPairs }: ValuesOf<typeof PARAMETERS>): Promise<SearchResult> {
  const n = task.labels.length;
  const size = task.images.data.length / Math.max(1, n);
  const { labels, direction } = aim(task);
  const step = decrease ? -theta : theta;
  // Towards the target, or away from the true class.
  const sign = Math.sign(step) * (direction === 'descend' ? 1 : -1);
  const jacobian = await compileJacobian(task);
  const all = nothingFound(task);
  const pixels = all.images.data;
  let left = Int32Array.from(task.labels.keys());
  // After the last change there is one more look.
  for (let changes = mostChanges({ gamma, inPairs }, size); changes >= 0 && left.length > 0; changes--) {
    const images = gather(all.images, left);
    const seen = await jacobian.run({ images, aim: classes(left.map((i) => labels[i]!)) }, { signal: task.signal });
    const predicted = argmaxRows(seen['scores']!);
    const [ofAim, ofOthers] = [floats(seen['aim']!), floats(seen['others']!)];
    left = left.filter((i, row) => {
      all.queries[i]!++;
      all.gradients[i]! += 2;
      if (isReached(task, i, predicted[row]!)) {
        all.lengths[i] = changedValues(task, pixels, i, size);
        return false;
      }
      const image = pixels.subarray(i * size, (i + 1) * size);
      const movable = Int32Array.from(image.keys()).filter((p) => (step > 0 ? image[p]! < 1 - STUCK : image[p]! > STUCK));
      const chosen = (inPairs ? bestPair : bestSingle)(
        movable,
        (p) => sign * ofAim[row * size + p]!,
        (p) => -sign * ofOthers[row * size + p]!,
      );
      // Pixels are whole levels, of 8 bits also where the data are floats, so that what fools the model does so when stored.
      const most = task.levels === undefined || task.levels === 1 ? BYTE_LEVELS : task.levels;
      for (const p of chosen) image[p] = Math.round(most * Math.min(1, Math.max(0, image[p]! + step))) / most;
      return chosen.length > 0;
    });
  }
  return all;
}

/** Scores, and the gradients of the score of one class and of the sum of the others. */
function compileJacobian(task: AttackTask): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  return task.compile('jacobian', { images: image, aim: { dtype: 'int32', shape: [] } }, (logits, { images, aim: goalClass }) => {
    const isAim = tf.cast(tf.oneHot(goalClass!, task.model.spec.classCount), 'float32');
    const ofAim = lossAndGradient(task, logits, images!, (scores) => tf.sum(tf.mul(scores, isAim), 1));
    const ofOthers = lossAndGradient(task, logits, images!, (scores) => tf.sum(tf.mul(scores, tf.sub(1, isAim)), 1));
    return { scores: ofAim.scores, aim: ofAim.gradient, others: ofOthers.gradient };
  });
}

function changedValues({ images }: AttackTask, pixels: ArrayLike<number>, i: number, size: number): number {
  let count = 0;
  for (let p = i * size; p < (i + 1) * size; p++) if (pixels[p] !== images.data[p]) count++;
  return count;
}

/**
 * The pair (p, q) with the largest `(gain_p + gain_q) · (relief_p + relief_q)`, both sums positive. A pixel that two others beat in both gain and relief is in no
 * better pair than one of those, so only the pixels that fewer than two beat are paired: a few dozen of a thousand.
 * @returns nothing where no pair has two positive sums.
 */
export function bestPair(pixels: Int32Array, gain: (p: number) => number, relief: (p: number) => number): readonly number[] {
  const front = unbeaten(pixels, gain, relief);
  let [best, score]: [readonly number[], number] = [[], 0];
  for (const [at, p] of front.entries()) {
    for (const q of front.slice(0, at)) {
      const [gains, reliefs] = [gain(p) + gain(q), relief(p) + relief(q)];
      if (gains <= 0 || reliefs <= 0 || gains * reliefs <= score) continue;
      [best, score] = [[q, p], gains * reliefs];
    }
  }
  return best;
}

/** The pixel with the largest `gain · relief`, both positive; nothing where there is none. */
function bestSingle(pixels: Int32Array, gain: (p: number) => number, relief: (p: number) => number): readonly number[] {
  let [best, score]: [readonly number[], number] = [[], 0];
  for (const p of pixels) if (gain(p) > 0 && relief(p) > 0 && gain(p) * relief(p) > score) [best, score] = [[p], gain(p) * relief(p)];
  return best;
}

/** Pixels that fewer than two others beat, by falling gain. */
function unbeaten(pixels: Int32Array, gain: (p: number) => number, relief: (p: number) => number): number[] {
  let [highest, second] = [-Infinity, -Infinity];
  return [...pixels]
    .sort((p, q) => gain(q) - gain(p) || relief(q) - relief(p) || p - q)
    .filter((p) => {
      const own = relief(p);
      if (own <= second) return false;
      [highest, second] = own > highest ? [own, highest] : [highest, own];
      return true;
    });
}
