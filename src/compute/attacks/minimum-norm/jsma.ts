/**
 * JSMA, the Jacobian-based saliency map attack (Papernot et al. 2016): changes the pair of pixel values that raises the target class most while it lowers the
 * others, again and again. Without a target, the pair that lowers the true class while it raises the others (Wiyatno & Xu 2018, arXiv 1808.07945).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/types.js';
import { argmaxRows } from '../../tensors/scores.js';
import { l0Budget } from '../core/budgets.js';
import { aim, isReached } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { classes, type Found, nothingFound, smallestChange } from '../core/minimal-norm.js';
import { L0_CAP } from '../core/parameters.js';
import { PAPERNOT_2016 } from '../core/references.js';
import { bestPair } from './saliency-pairs.js';
import { gather } from '../../tensors/rows.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { BooleanParameter, NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const THETA: NumberParameter = {
  type: 'number',
  default: 1,
  minimum: 1 / 255,
  maximum: 1,
  description: 'θ: by how much a pixel value changes at once, as a fraction of the pixel range.',
};

const DECREASE: BooleanParameter = {
  type: 'boolean',
  default: false,
  description: 'Lowers pixel values instead of raising them, for images that are bright already.',
};

const GAMMA: NumberParameter = {
  type: 'number',
  default: 1,
  minimum: 0,
  maximum: 1,
  description: 'γ: most changes of pixel values, as a share of all; two are changed at once. The paper takes 0.145.',
};

export const jsma: AttackDefinition = {
  kind: 'JSMA',
  name: 'jsma',
  title: 'JSMA',
  description: 'Changes few pixel values by much: pair by pair, those with the largest effect on the prediction.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: PAPERNOT_2016,
  parameters: { epsilon: L0_CAP, theta: THETA, decrease: DECREASE, gamma: GAMMA, ...TARGET_PARAMETERS },
  budget: l0Budget,
  run: (task, parameters) => smallestChange(task, l0Budget(parameters), 1, (left) => search(left, parameters)),
};

async function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const n = task.labels.length;
  const size = task.images.data.length / Math.max(1, n);
  const { labels, direction } = aim(task);
  const step = (parameters['theta'] as number) * (parameters['decrease'] === true ? -1 : 1);
  // Towards the target, or away from the true class.
  const sign = Math.sign(step) * (direction === 'descend' ? 1 : -1);
  const jacobian = await compileJacobian(task);
  const all = nothingFound(task);
  const pixels = all.images.data;
  let left = Int32Array.from(task.labels.keys());
  // After the last change there is one more look.
  for (let changes = Math.floor((size * (parameters['gamma'] as number)) / 2); changes >= 0 && left.length > 0; changes--) {
    const images = gather(all.images, left);
    const seen = await jacobian.run({ images, aim: classes(left.map((i) => labels[i]!)) }, { signal: task.signal });
    const predicted = argmaxRows(seen['scores']!);
    const [ofAim, ofOthers] = [seen['aim']!.data as Float32Array, seen['others']!.data as Float32Array];
    left = left.filter((i, row) => {
      all.queries[i]!++;
      all.gradients[i]! += 2;
      if (isReached(task, i, predicted[row]!)) {
        all.lengths[i] = changedValues(task, pixels, i, size);
        return false;
      }
      const image = pixels.subarray(i * size, (i + 1) * size);
      const movable = Int32Array.from(image.keys()).filter((p) => (step > 0 ? image[p]! < 1 : image[p]! > 0));
      const pair = bestPair(
        movable,
        (p) => sign * ofAim[row * size + p]!,
        (p) => -sign * ofOthers[row * size + p]!,
      );
      // Pixels have 8 bits, so that what fools the model does so when stored.
      for (const p of pair) image[p] = Math.round(255 * Math.min(1, Math.max(0, image[p]! + step))) / 255;
      return pair.length > 0;
    });
  }
  return all;
}

/** Scores, and the gradients of the score of one class and of the sum of the others. */
function compileJacobian(task: AttackTask): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  return task.compile('jacobian', { images: image, aim: { dtype: 'int32', shape: [] } }, (logits, inputs) => {
    const { images, aim: aimed } = inputs as Record<string, tf.Tensor>;
    const isAim = tf.cast(tf.oneHot(aimed!, task.model.spec.classCount), 'float32');
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
