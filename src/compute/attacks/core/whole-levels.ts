/**
 * The last phase of L2 attacks that are judged on stored images. Where a pixel may change by less than a level on average, rounding the floats that an attack
 * found undoes most of it. Here the steps go on from rounded image to rounded image, each of whole levels and inside the budget.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Budget } from '../../distances/index.js';
import { argmaxRows, BYTE_LEVELS, floats, gather, type HostTensor } from '../../tensors/index.js';
import { L2 } from '../norms/l2.js';
import type { AttackTask } from './definition.js';
import { aim, isReached } from './goal.js';
import { row } from './image-arrays.js';
import { lossAndGradient, logOddsLoss } from './losses.js';
import type { Survivors } from './survivors.js';

/** Steps, and the length of the first and of the last as a share of the budget. */
const STEPS = 25;
const [FIRST_STEP, LAST_STEP] = [0.5, 0.05];

/** Halvings of the scale that fills the budget. */
const HALVINGS = 30;

/** Whether rounding takes much of the budget away: an average pixel value may change by less than a level. @param size pixel values of one image. */
function losesByRounding({ norm, epsilon }: Budget, size: number, most: number): boolean {
  return norm === 'L2' && most * epsilon < Math.sqrt(size) && most * epsilon >= 1;
}

/**
 * Goes on from the images that an attack found for those examples that are still correctly classified.
 * @param found an image for every row of `survivors.task()`.
 */
export async function stepInWholeLevels(survivors: Survivors, found: HostTensor, budget: Budget): Promise<void> {
  const task = survivors.task();
  const [n, size] = [survivors.count, found.data.length / Math.max(1, survivors.count)];
  const most = task.levels ?? BYTE_LEVELS;
  if (n === 0 || task.judging !== 'STORED' || most === 1 || !losesByRounding(budget, size, most)) return;
  const step = await compileGradient(task);
  const original = floats(task.images);
  // In levels: where steps add up, which the rounded image is near to.
  const change = Float32Array.from(found.data, (value, p) => most * (value - original[p]!));
  const image: HostTensor = { ...task.images, data: new Float32Array(found.data.length) };
  const round = (i: number) =>
    row(floats(image), size, i).set(inWholeLevels(row(original, size, i), row(change, size, i), most * budget.epsilon, most));
  const spent = new Int32Array(n);
  let left = Int32Array.from({ length: n }, (_, i) => i);
  for (const i of left) round(i);
  for (let at = 0; at < STEPS && left.length > 0; at++) {
    const { scores, gradient } = await step(left, gather(image, left));
    for (const i of left) spent[i]!++;
    const predicted = argmaxRows(scores);
    const length = most * budget.epsilon * (FIRST_STEP + ((LAST_STEP - FIRST_STEP) * at) / (STEPS - 1));
    const stays = left.map((i, place) => Number(!isReached(task, i, predicted[place]!)));
    for (const [place, i] of left.entries()) {
      if (stays[place] === 0) continue;
      addStep(row(change, size, i), row(floats(gradient), size, place), length, most * budget.epsilon);
      round(i);
    }
    left = left.filter((_, place) => stays[place] === 1);
  }
  survivors.spend(spent, spent);
  await survivors.release(image);
}

/** The gradient of the log-odds of the goal. */
async function compileGradient(task: AttackTask) {
  const { labels, direction } = aim(task);
  const inputs = { image: { dtype: 'float32', shape: task.images.shape.slice(1) }, label: { dtype: 'int32', shape: [] } } as const;
  const compiled = await task.compile(`whole-levels.${direction}`, inputs, (logits, { image, label }) => {
    const { scores, gradient } = lossAndGradient(task, logits, image!, (at) => {
      const odds = logOddsLoss(at, label as tf.Tensor1D, task.model.output);
      return direction === 'ascend' ? odds : tf.neg(odds);
    });
    return { scores, gradient };
  });
  return async (rows: Int32Array, image: HostTensor) => {
    const label: HostTensor = { dtype: 'int32', shape: [rows.length], data: rows.map((i) => labels[i]!) };
    const { scores, gradient } = await compiled.run({ image, label }, { signal: task.signal });
    return { scores: scores!, gradient: gradient! };
  };
}

/** Adds a step of this length along the gradient, none where it is zero, and brings the change back into the ball. */
export function addStep(change: Float32Array, gradient: Float32Array, length: number, radius: number): void {
  const scale = length / L2.length(gradient);
  for (let p = 0; p < change.length; p++) change[p]! += scale * gradient[p]!;
  const shrink = Math.min(1, radius / L2.length(change));
  for (let p = 0; p < change.length; p++) change[p]! *= shrink;
}

/**
 * The change of whole levels inside the ball that goes furthest along `change`: that times a factor, rounded. The factor fills the ball; a pixel that gains most
 * for each level comes first, so that none is lost for being below half a level.
 * @param original pixels as fractions. @param change in levels. @param radius in levels. @param most the highest level. @returns the image, pixels as fractions.
 */
export function inWholeLevels(original: Float32Array, change: Float32Array, radius: number, most = BYTE_LEVELS): Float32Array {
  const from = Float32Array.from(original, (value) => Math.round(most * value));
  const rounded = (p: number, factor: number) => Math.min(most - from[p]!, Math.max(-from[p]!, Math.round(factor * change[p]!)));
  const fits = (factor: number) => {
    let squares = 0;
    for (let p = 0; p < change.length; p++) squares += rounded(p, factor) ** 2;
    return squares <= radius ** 2;
  };
  let [enough, tooMuch] = [0, 1];
  // A change at the ends of the range may fit at any factor.
  while (fits(tooMuch) && tooMuch < 2 ** 20) [enough, tooMuch] = [tooMuch, 2 * tooMuch];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (enough + tooMuch) / 2;
    if (fits(middle)) enough = middle;
    else tooMuch = middle;
  }
  return from.map((value, p) => Math.fround((value + rounded(p, enough)) / most));
}
