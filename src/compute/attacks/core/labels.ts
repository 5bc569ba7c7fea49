/** Which class an attack moves away from or towards. Every function gives one class per example. @module */
import { ComputeError } from '../../errors.js';
import { argmaxRows, argminRows } from '../../tensors/index.js';
import type { AttackDefinition, AttackTask, LabelChoice } from './definition.js';
import { choice, integer, integers, type ParameterValues } from '../../parameters/index.js';

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
    ALL: 'Towards every wrong class in turn, the likeliest first, a run for each. Any of them counts as success: the first that is reached ends the search, or, of attacks without a fixed budget, the shortest change stays.',
  },
  default: 'NONE',
  description: 'The class to reach. An evaluation counts the examples that end in it as `targetSuccess`.',
});

const TARGET_CLASS = integer({
  minimum: 0,
  maximum: 100_000,
  description:
    'One class for all examples to reach, counted from 0; examples of that class stay unchanged. Overrides any other choice of a target.',
});

const TARGET_CLASSES = integers({
  minimum: 0,
  maximum: 100_000,
  description:
    'A class for each example of the evaluation to reach, in their order, counted from 0; an example that is of its class stays unchanged. Overrides `target`; not with `targetClass`.',
});

/** Parameters of attacks that exist with and without a target. */
export const TARGET_PARAMETERS = { target: TARGET, targetClass: TARGET_CLASS, targetClasses: TARGET_CLASSES };

/** What {@link TARGET_PARAMETERS} say; attacks without a target have none of them. */
interface ChosenTargets {
  readonly target?: string;
  readonly targetClass?: number;
  readonly targetClasses?: readonly number[];
}

const chosenTargets = (parameters: ParameterValues): ChosenTargets => parameters;

/** Whether an attack heads for every wrong class in turn. */
export function aimsAtAll(parameters: ParameterValues): boolean {
  const { target, targetClass, targetClasses } = chosenTargets(parameters);
  return target === 'ALL' && targetClass === undefined && targetClasses === undefined;
}

/** The classes that may be targets of an example; nothing where any wrong class will do. */
export function possibleTargets(parameters: ParameterValues, classCount: number): readonly number[] | undefined {
  const { target, targetClass, targetClasses } = chosenTargets(parameters);
  if (targetClass !== undefined) return [targetClass];
  if (targetClasses) return [...new Set(targetClasses)];
  return target === undefined || target === 'NONE' ? undefined : Array.from({ length: classCount }, (_, i) => i);
}

/** The parameters without a target. */
export function withoutTargets(parameters: ParameterValues): ParameterValues {
  return { ...parameters, target: undefined, targetClass: undefined, targetClasses: undefined };
}

/**
 * The class of each example that an attack is to reach; nothing where any wrong class will do.
 * @throws ComputeError INVALID_ATTACK for a class that the model does not know, and for too few classes for the examples.
 */
export function targetsOf(task: AttackTask, { targets }: AttackDefinition, parameters: ParameterValues): Int32Array | undefined {
  const { target, targetClass, targetClasses } = chosenTargets(parameters);
  checkTargets(parameters, task.model.spec.classCount);
  if (targetClass !== undefined) return task.labels.map(() => targetClass);
  if (targetClasses) return givenClasses(task, targetClasses);
  if (target === 'LEAST_LIKELY') return leastLikelyLabel(task);
  if (target === 'RANDOM') return randomOtherLabel(task);
  return targets?.(task);
}

function givenClasses({ labels, positions }: AttackTask, classes: readonly number[]): Int32Array {
  return labels.map((_, i) => {
    const target = positions && classes[positions[i]!];
    if (target === undefined) throw invalid('targetClasses', 'targetClasses has no class for some of the examples.');
    return target;
  });
}

const invalid = (parameter: string, message: string) => new ComputeError('INVALID_ATTACK', message, [parameter]);

/** @throws ComputeError INVALID_ATTACK for a class that there is none of, and for two choices of classes. */
export function checkTargets(parameters: ParameterValues, classCount: number): void {
  const { targetClass, targetClasses = [] } = chosenTargets(parameters);
  const said = `the classes are 0 to ${classCount - 1}.`;
  if (targetClass !== undefined && targetClass >= classCount) throw invalid('targetClass', `targetClass is ${targetClass}; ${said}`);
  const unknown = targetClasses.find((one) => one >= classCount);
  if (unknown !== undefined) throw invalid('targetClasses', `targetClasses has ${unknown}; ${said}`);
  if (targetClass !== undefined && targetClasses.length > 0) throw invalid('targetClasses', 'Give targetClass or targetClasses, not both.');
}

/**
 * @param exampleCount examples of the evaluation. Undefined: the attack is run on minibatches, in no order.
 * @throws ComputeError INVALID_ATTACK where there is not one class for each example.
 */
export function checkTargetCount(parameters: ParameterValues, exampleCount: number | undefined): void {
  const { targetClasses } = chosenTargets(parameters);
  if (!targetClasses || targetClasses.length === exampleCount) return;
  const needed =
    exampleCount === undefined
      ? 'training has no order of examples. Choose another target.'
      : `there are ${exampleCount} examples. Give one for each.`;
  throw invalid('targetClasses', `targetClasses has ${targetClasses.length} classes, and ${needed}`);
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
