/** Which class an attack moves away from or towards. Every function gives one class per example. @module */
import { argmaxRows, argminRows } from '../metrics/predictions.js';
import type { Direction } from './projected-gradient.js';
import type { AttackTask, ChoiceParameter, ParameterValues } from './types.js';

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

/** A class other than the one in the data set, uniform over them. */
function randomOtherLabel(purpose: string): LabelChoice {
  return ({ labels, model, random }) =>
    labels.map((label, example) => {
      const other = random.stream(example, purpose).integer(model.spec.classCount - 1);
      return other < label ? other : other + 1;
    });
}

/** Parameter of attacks that exist with and without a target. */
export const TARGET: ChoiceParameter = {
  type: 'choice',
  enumName: 'AttackTarget',
  values: {
    NONE: 'Away from the true class.',
    LEAST_LIKELY: 'Towards the class that the model finds least likely.',
    RANDOM: 'Towards a random class other than the true one.',
  },
  default: 'NONE',
  description: 'The class to move towards. Whatever it is, any wrong class counts as success.',
};

/** The class that an attack with {@link TARGET} follows, and which way. @param purpose of its random draws, such as `pgd.target`. */
export function aim(task: AttackTask, { target }: ParameterValues, purpose: string): { labels: Int32Array; direction: Direction } {
  if (target === 'LEAST_LIKELY') return { labels: leastLikelyLabel(task), direction: 'descend' };
  if (target === 'RANDOM') return { labels: randomOtherLabel(purpose)(task), direction: 'descend' };
  return { labels: task.labels, direction: 'ascend' };
}

/** The wrong class of each example that is likeliest but for `rank` others, on the clean image. */
export function wrongClass({ cleanLogits, labels }: AttackTask, rank: number): Int32Array {
  const classes = cleanLogits.shape[1]!;
  return labels.map((label, i) => {
    const row = cleanLogits.data.subarray(i * classes, (i + 1) * classes);
    const wrong = [...row.keys()].filter((candidate) => candidate !== label);
    return wrong.sort((a, b) => row[b]! - row[a]! || a - b)[rank]!;
  });
}
