/** Random changes of images, drawn on the host from every example's own stream. @module */
import { floats, type HostTensor } from '../../tensors/index.js';
import type { RandomStream } from '../../random.js';
import type { BudgetNorm } from '../norms/types.js';
import type { AttackTask } from './definition.js';
import { clipped } from './image-arrays.js';

/** @returns the change of one image, `size` values. */
export type DrawChange = (stream: RandomStream, size: number) => Float32Array;

/**
 * The images with a random change of each, clipped to the pixel range.
 * @param purpose names the draws, such as `rand-fgsm.start`: another purpose gives other numbers.
 */
export function randomlyChanged(task: AttackTask, purpose: string, draw: DrawChange): HostTensor {
  const changed = changedAtRandom(task, purpose, draw);
  return { ...changed, data: floats(changed).map(clipped) };
}

/** A point of the ball, clipped to the pixel range. @param purpose names the random draws. */
export function randomPoint(task: AttackTask, purpose: string, norm: BudgetNorm, epsilon: number): HostTensor {
  return randomlyChanged(task, purpose, (stream, size) => norm.randomChange(stream, size).map((value) => value * epsilon));
}

/** The same without clipping, for attacks that project onto the pixel range themselves. */
export function changedAtRandom({ images, labels, random }: AttackTask, purpose: string, draw: DrawChange): HostTensor {
  const size = images.data.length / Math.max(1, labels.length);
  const data = new Float32Array(images.data.length);
  for (let i = 0; i < labels.length; i++) {
    const change = draw(random.stream(i, purpose), size);
    for (let p = 0; p < size; p++) data[i * size + p] = images.data[i * size + p]! + change[p]!;
  }
  return { dtype: 'float32', shape: images.shape, data };
}

/** Every value changes by `magnitude` up or down, with equal chances: the sign of Gaussian noise. */
export function randomSigns(magnitude: number): DrawChange {
  return (stream, size) => Float32Array.from({ length: size }, () => (stream.integer(2) === 0 ? magnitude : -magnitude));
}
