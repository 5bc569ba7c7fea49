/** What an attack is after: a wrong class, or the target where its task has one. @module */
import { decide } from '../../models/index.js';
import { argmaxRows, type HostTensor } from '../../tensors/index.js';
import type { Direction } from './projected-gradient.js';
import type { AttackTask } from './definition.js';

/** The class of each example that the attack follows, and which way. */
export function aim({ labels, targets }: AttackTask): { labels: Int32Array; direction: Direction } {
  return targets ? { labels: targets, direction: 'descend' } : { labels, direction: 'ascend' };
}

/** Whether a class is what the attack is after. */
export function isReached({ labels, targets }: AttackTask, example: number, predicted: number): boolean {
  return targets ? predicted === targets[example] : predicted !== labels[example];
}

/** Examples that there is something to do for: those that the model gets right, and whose class is not the target as it is. */
export function toAttack(task: AttackTask): Int32Array {
  const predicted = task.cleanPrediction ?? argmaxRows(task.cleanLogits);
  return Int32Array.from(task.labels.keys()).filter((i) => predicted[i] === task.labels[i] && !isReached(task, i, task.labels[i]!));
}

/** The class of each image as success is decided: by as many predictions as the task says. */
export async function decidedClasses({ predict, predictions = 1 }: AttackTask, images: HostTensor): Promise<Int32Array> {
  // What attacks ask thousands of times needs no votes.
  if (predictions === 1) return argmaxRows(await predict(images));
  const { prediction } = await decide(predictions, (draw) => predict(images, draw));
  return prediction;
}
