/** What tests of attacks share: a small model, images of 8 bits, and a way to run an attack on them. @module */
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { gather } from '../../src/compute/tensors/rows.js';
import { attackTask } from '../../src/compute/attacks/core/task.js';
import type { AttackOutput } from '../../src/compute/attacks/core/definition.js';
import type { Norm } from '../../src/compute/distances/budget.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';

import type { Engine } from '../../src/compute/engine/types.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { exampleRandom } from '../../src/compute/random.js';
import { noise } from './fixtures.js';

/** Images of seeded noise whose pixels have 8 bits, the first of them with pixels at both ends of the range, where clipping must hold. */
export function storedNoise(n: number, shape: readonly number[]): HostTensor {
  const images = noise(n, shape);
  images.data.fill(0, 0, 10).fill(1, 10, 20);
  return { ...images, data: Float32Array.from(images.data, (value) => Math.round(value * 255) / 255) };
}

export interface Batch {
  readonly engine: Engine;
  readonly model: DifferentiableModel;
  readonly images: HostTensor;
  readonly labels: Int32Array;
  readonly cleanLogits: HostTensor;
}

/** @param offset data-set index of the first image. */
export async function attackBatch(
  { engine, model, images, labels, cleanLogits }: Batch,
  kind: string,
  given: ParameterValues,
  { seed = 1, offset = 0, sources }: { seed?: number; offset?: number; sources?: readonly DifferentiableModel[] } = {},
): Promise<AttackOutput> {
  const definition = findAttack(kind);
  const random = exampleRandom(seed, offset);
  const parameters = validateParameters(definition, given);
  const task = attackTask({ engine, model, definition, parameters, images, labels, cleanLogits, random, sources });
  return definition.run(task, parameters);
}

/** Images `from` to `to` of a batch, as a batch of their own. */
export function part(batch: Batch, from: number, to: number): Batch {
  const indices = Int32Array.from({ length: to - from }, (_, i) => from + i);
  const { images, labels, cleanLogits } = batch;
  return { ...batch, images: gather(images, indices), labels: labels.slice(from, to), cleanLogits: gather(cleanLogits, indices) };
}

/** Distance of every image from its original. */
export function distances(norm: Norm, original: HostTensor, adversarial: HostTensor): number[] {
  const n = original.shape[0]!;
  const size = original.data.length / n;
  return Array.from({ length: n }, (_, i) => {
    const change = Array.from(original.data.subarray(i * size, (i + 1) * size), (value, p) =>
      Math.abs(adversarial.data[i * size + p]! - value),
    );
    switch (norm) {
      case 'LINF':
        return Math.max(...change);
      case 'L2':
        return Math.hypot(...change);
      case 'L1':
        return change.reduce((sum, value) => sum + value, 0);
      case 'L0':
        return change.filter((value) => value > 0).length;
    }
  });
}
