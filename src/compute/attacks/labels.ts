/** Which class an attack moves away from or towards. Every function gives one class per example. @module */
import { argmaxRows, argminRows } from '../metrics/predictions.js';
import type { AttackTask } from './types.js';

export type LabelChoice = (task: AttackTask) => Int32Array;

export const trueLabel: LabelChoice = (task) => task.labels;

/** `argmax_y p(y|X)`; does not leak the label. */
export const predictedLabel: LabelChoice = (task) => argmaxRows(task.cleanLogits);

/** `y_LL = argmin_y p(y|X)`. */
export const leastLikelyLabel: LabelChoice = (task) => argminRows(task.cleanLogits);

/** `y_rnd`, uniform over all classes. */
export function randomLabel(purpose: string): LabelChoice {
  return ({ labels, model, random }) =>
    Int32Array.from(labels, (_, example) => random.stream(example, purpose).integer(model.spec.classCount));
}
