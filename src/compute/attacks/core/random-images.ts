/** Random changes of images, drawn on the host from every example's own stream. @module */
import type { HostTensor } from '../../tensors/index.js';
import type { RandomStream } from '../../random.js';
import type { AttackTask } from './definition.js';

/** @returns the change of one image, `size` values. */
export type DrawChange = (stream: RandomStream, size: number) => Float32Array;

/**
 * The images with a random change of each, clipped to the pixel range.
 * @param purpose names the draws, such as `rand-fgsm.start`: another purpose gives other numbers.
 */
export function randomlyChanged({ images, labels, random }: AttackTask, purpose: string, draw: DrawChange): HostTensor {
  const size = images.data.length / Math.max(1, labels.length);
  const data = new Float32Array(images.data.length);
  for (let i = 0; i < labels.length; i++) {
    const change = draw(random.stream(i, purpose), size);
    for (let p = 0; p < size; p++) data[i * size + p] = Math.min(1, Math.max(0, images.data[i * size + p]! + change[p]!));
  }
  return { dtype: 'float32', shape: images.shape, data };
}

/** Every value changes by `magnitude` up or down, with equal chances: the sign of Gaussian noise. */
export function randomSigns(magnitude: number): DrawChange {
  return (stream, size) => Float32Array.from({ length: size }, () => (stream.integer(2) === 0 ? magnitude : -magnitude));
}
