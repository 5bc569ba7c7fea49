/** A binary search on the line from what was found to the original, for a shorter change in L2 that still reaches the goal. @module */
import * as tf from '@tensorflow/tfjs-core';
import { gather } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { keepShorter, NOTHING, type SearchResult } from '../core/minimum-norm.js';
import { constant } from '../core/projected-gradient.js';
import { subtask } from '../core/survivors.js';
import { reachedBy } from './goal.js';
import { takeSteps } from './steps.js';
import { rounded } from './stored.js';

/** @param halvings of the line, each a query of every example that something was found for. */
export async function towardsOriginal(task: AttackTask, found: SearchResult, halvings: number): Promise<SearchResult> {
  const rows = Int32Array.from(task.labels.keys()).filter((row) => found.lengths[row]! < NOTHING);
  if (halvings === 0 || rows.length === 0) return found;
  const left = subtask(task, rows);
  const shorter = await takeSteps(left, {
    name: 'towards-original',
    norm: 'L2',
    count: halvings,
    cost: { queries: 1, gradients: 0 },
    state: { low: constant(rows.length, 0), high: constant(rows.length, 1) },
    fixed: { end: gather(found.images, rows) },
    step(logits, { original, aim: goalClass, low, high, end }) {
      const middle = tf.div(tf.add(low, high), 2);
      const image = rounded(left, tf.add(original, tf.mul(middle, tf.sub(end, original))), original, 'L2');
      const reached = reachedBy(left, logits(image), goalClass);
      return { image, reached, state: { low: tf.where(reached, low, middle), high: tf.where(reached, middle, high) } };
    },
  });
  keepShorter(found, shorter, rows);
  return found;
}
