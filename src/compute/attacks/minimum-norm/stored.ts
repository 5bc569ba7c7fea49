/**
 * A change must reach the goal as it is stored, in the data's levels, unless floats are judged. Most attacks round every image that they look at ({@link rounded}); others lengthen what they found
 * until rounding does not undo it ({@link longEnoughToStore}).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { BYTE_LEVELS, gather } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { type SearchResult, keepShorter, NOTHING, nothingFound } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { subtask } from '../core/survivors.js';
import { clipToRange } from '../norms/reduce.js';
import { reachedBy } from './goal.js';
import { stepsUntilReached } from './steps.js';

/** Changes of less than this part of a level of 8 bits are noise of float32. */
const PART_OF_LEVEL = 0.01;

/**
 * The image as it would be stored: of whole levels. Its gradient with respect to x is that of the identity. To the nearest level; but in L∞ away from the original,
 * which costs nothing where the longest change is no whole number of levels, and keeps small changes from being undone. Where floats are judged, x itself.
 */
export function rounded({ judging, levels = BYTE_LEVELS }: AttackTask, x: tf.Tensor, original: tf.Tensor, norm: Norm): tf.Tensor {
  if (judging === 'FLOAT' || levels === 1) return x;
  const stored = (exact: tf.Tensor) =>
    norm === 'LINF' ? roundedAway(exact, original, levels) : tf.div(tf.round(tf.mul(exact, levels)), levels);
  const straightThrough = tf.customGrad((exact) => ({ value: stored(exact as tf.Tensor), gradFunc: (dy) => dy as tf.Tensor }));
  return straightThrough(x);
}

function roundedAway(x: tf.Tensor, original: tf.Tensor, most: number): tf.Tensor {
  const change = tf.mul(tf.sub(x, original), most);
  const levels = tf.mul(tf.sign(change), tf.ceil(tf.sub(tf.abs(change), PART_OF_LEVEL)));
  return tf.div(tf.round(tf.add(tf.mul(original, most), levels)), most);
}

/** A change that rounding undoes is made longer: by 1 %, then by 2 % more, and so on, up to some hundred times as long. */
const LENGTHENING = 0.01;
const LENGTHENINGS = 30;

/** Rounds what a search found to whole levels, and lengthens the changes of images that do not reach the goal then. */
export async function longEnoughToStore(task: AttackTask, norm: Norm, found: SearchResult): Promise<SearchResult> {
  if (task.judging === 'FLOAT' || task.levels === 1) return found;
  const rows = Int32Array.from(task.labels.keys()).filter((row) => found.lengths[row]! < NOTHING);
  const lengthened = await stepsUntilReached(subtask(task, rows), {
    name: 'store',
    norm,
    count: LENGTHENINGS,
    cost: { queries: 1, gradients: 0 },
    state: { factor: constant(rows.length, 1), growth: constant(rows.length, LENGTHENING) },
    fixed: { exact: gather(found.images, rows) },
    step(logits, { original, aim: goalClass, exact, factor, growth }) {
      const longer = tf.add(original, tf.mul(factor, tf.sub(exact, original)));
      const image = rounded(task, clipToRange(longer), original, norm);
      const reached = reachedBy(task, logits(image), goalClass);
      return { image, reached, state: { factor: tf.mul(factor, tf.add(1, growth)), growth: tf.add(growth, LENGTHENING) } };
    },
  });
  const stored: SearchResult = { ...nothingFound(task), queries: found.queries, gradients: found.gradients };
  keepShorter(stored, lengthened, rows);
  return stored;
}
