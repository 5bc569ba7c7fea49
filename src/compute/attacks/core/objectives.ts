/** What attacks that ask for scores lower: a number an image, computed from its scores on the host. @module */
import { aim } from './goal.js';
import type { AttackTask } from './definition.js';

/** Keeps the logarithm of a saturated probability finite. */
const SMALLEST_PROBABILITY = 1e-12;

/** @param scores `[classCount]`, of the model for an image of the example. */
export type Objective = (example: number, scores: Float32Array) => number;

/** How surely the model sees a class in an image. */
type Certainty = (scores: Float32Array, label: number) => number;

/** The certainty of the true class; of a target, its negative. */
export function objectiveOf(task: AttackTask, certainty: Certainty): Objective {
  const { labels, direction } = aim(task);
  const sign = direction === 'ascend' ? 1 : -1;
  return (example, scores) => sign * certainty(scores, labels[example]!);
}

/** `z_y - max_{i≠y} z_i`: at most 0 where the prediction is another class. */
export function margin(scores: Float32Array, label: number): number {
  return scores[label]! - largestOther(scores, label);
}

/** `log(p_y / (1 - p_y))`: orders images as the probability p_y and the cross-entropy do, and does not saturate where the model is sure. */
export function logOdds({ model }: AttackTask): Certainty {
  if (model.output === 'PROBABILITIES') return (scores, label) => logarithm(scores[label]!) - logarithm(1 - scores[label]!);
  return (scores, label) => {
    const largest = largestOther(scores, label);
    let sum = 0;
    for (let c = 0; c < scores.length; c++) if (c !== label) sum += Math.exp(scores[c]! - largest);
    return scores[label]! - largest - Math.log(sum);
  };
}

/** `log p_y`, the negative of the cross-entropy. It saturates where the model is sure, for attacks whose steps depend on its size. */
export function crossEntropyOf({ model }: AttackTask): Certainty {
  if (model.output === 'PROBABILITIES') return (scores, label) => logarithm(scores[label]!);
  return (scores, label) => {
    const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    return scores[label]! - largest - Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
  };
}

function largestOther(scores: Float32Array, label: number): number {
  let largest = -Infinity;
  for (let c = 0; c < scores.length; c++) if (c !== label && scores[c]! > largest) largest = scores[c]!;
  return largest;
}

function logarithm(probability: number): number {
  return Math.log(Math.max(probability, SMALLEST_PROBABILITY));
}
