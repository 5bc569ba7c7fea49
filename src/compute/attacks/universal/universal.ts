/**
 * Universal perturbations (Moosavi-Dezfooli et al. 2017, arXiv 1610.08401): one change for all images. Learned by gradients of whole batches (Shafahi et al.
 * 2020), which takes a small part of the passes of the original's search image by image.
 * @module
 */
import type { HostTensor } from '../../tensors/types.js';
import type { BudgetNorm } from '../norms/types.js';
import { randomlyChanged } from '../core/random-images.js';
import { learn, type SharedChange } from './universal-perturbation.js';
import { Survivors } from '../core/survivors.js';
import type { AttackOutput, AttackTask, Preparation } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { ParameterValues } from '../../parameters/descriptions.js';

/** Adam's steps, as a share of ε. */
const RATE = 0.3;

/** @returns the change of every pixel value of an image. */
export async function prepareUniversal(
  { examples }: Preparation,
  parameters: ParameterValues,
  norm: BudgetNorm,
  { epsilon }: Budget,
): Promise<Float32Array> {
  const task = await examples(parameters['trainingCount'] as number);
  const size = task.images.data.length / task.labels.length;
  // Uniform over the pixels, a change of length ε would be this large in each.
  const scale = epsilon / norm.length(new Float32Array(size).fill(1));
  const change: SharedChange = {
    start: new Float32Array(size),
    rate: RATE * scale,
    apply: (values, batch) => ({ images: changed(batch, values), backward: (gradient) => summed(batch.images, values, gradient) }),
    project: (values) => shortenTo(values, norm, epsilon),
  };
  return learn(task, parameters, change);
}

/** The same change of all images. */
export async function runUniversal(task: AttackTask, budget: Budget): Promise<AttackOutput> {
  const survivors = new Survivors(task, budget);
  if (survivors.count > 0) await survivors.release(changed(survivors.task(), task.prepared as Float32Array));
  return survivors.output();
}

const changed = (task: AttackTask, change: Float32Array): HostTensor => randomlyChanged(task, 'universal', () => change);

/** Sum over the images of the gradient by the change; none comes through where a pixel is cut off at the end of its range. */
function summed({ data }: HostTensor, change: Float32Array, gradient: Float32Array): Float32Array {
  const sum = new Float32Array(change.length);
  for (let p = 0; p < gradient.length; p++) {
    const value = data[p]! + change[p % change.length]!;
    if (value >= 0 && value <= 1) sum[p % change.length]! += gradient[p]!;
  }
  return sum;
}

/** The nearest change within the budget. */
function shortenTo(change: Float32Array, { norm, length }: BudgetNorm, epsilon: number): void {
  if (norm === 'LINF') change.forEach((value, p) => (change[p] = Math.min(epsilon, Math.max(-epsilon, value))));
  else {
    const factor = Math.min(1, epsilon / length(change));
    change.forEach((value, p) => (change[p] = value * factor));
  }
}
