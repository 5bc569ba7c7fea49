/** Which class an attack moves away from or towards. Every function gives one class per example. @module */
import { ComputeError } from '../../errors.js';
import { argmaxRows, argminRows } from '../../tensors/index.js';
import type { AttackDefinition, AttackTask, LabelChoice } from './definition.js';
import { choice, integer, type ParameterValues } from '../../parameters/index.js';

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
const randomOtherLabel: LabelChoice = ({ labels, model, random }) =>
  labels.map((label, example) => {
    const other = random.stream(example, 'target').integer(model.spec.classCount - 1);
    return other < label ? other : other + 1;
  });

const TARGET = choice({
  enumName: 'AttackTarget',
  values: {
    NONE: 'Away from the true class.',
    LEAST_LIKELY: 'Towards the class that the model finds least likely on the original image.',
    RANDOM: 'Towards a random class other than the true one; the same in all attacks of one seed.',
  },
  default: 'NONE',
  description: 'The class to reach. An evaluation counts the examples that end in it as `targetSuccess`.',
});

export const TARGET_CLASS = integer({
  minimum: 0,
  maximum: 100_000,
  description:
    'One class for all examples to reach, counted from 0; examples of that class stay unchanged. Overrides any other choice of a target.',
});

/** Parameters of attacks that exist with and without a target. */
export const TARGET_PARAMETERS = { target: TARGET, targetClass: TARGET_CLASS };

/** Whether an attack is to reach a class, by what it is or by its parameters. */
export function hasTarget({ targets }: Pick<AttackDefinition, 'targets'>, { target = 'NONE', targetClass }: ParameterValues): boolean {
  return targets !== undefined || target !== 'NONE' || targetClass !== undefined;
}

/**
 * The class of each example that an attack is to reach; nothing where any wrong class will do.
 * @throws ComputeError INVALID_ATTACK for a class that the model does not know.
 */
export function targetsOf(task: AttackTask, { targets }: AttackDefinition, parameters: ParameterValues): Int32Array | undefined {
  const { target, targetClass } = parameters as { target?: string; targetClass?: number };
  if (targetClass !== undefined) return givenClass(task, targetClass);
  if (target === 'LEAST_LIKELY') return leastLikelyLabel(task);
  if (target === 'RANDOM') return randomOtherLabel(task);
  return targets?.(task);
}

function givenClass({ labels, model }: AttackTask, targetClass: number): Int32Array {
  checkTargetClass(targetClass, model.spec.classCount);
  return labels.map(() => targetClass);
}

/** @throws ComputeError INVALID_ATTACK for a class that there is none of. */
export function checkTargetClass(targetClass: number, classCount: number): void {
  if (targetClass < classCount) return;
  throw new ComputeError('INVALID_ATTACK', `targetClass is ${targetClass}; the classes are 0 to ${classCount - 1}.`, ['targetClass']);
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
