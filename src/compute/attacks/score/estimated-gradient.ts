/** Descent of an objective that can only be asked for, along gradients estimated by differences between points on opposite sides of the current image. @module */
import type { RandomStream } from '../../random.js';
import { BlackBox } from '../core/black-box.js';
import { clipped, row } from '../core/image-arrays.js';
import type { Objective } from '../core/objectives.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/budget.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

/** Number of pairs of images that one estimate asks about. */
export function pairsOf(value: number, paper: string): NumberParameter {
  return {
    type: 'integer',
    default: value,
    minimum: 1,
    maximum: 100_000,
    description: `Pairs of images on opposite sides of the current one that an estimate of the gradient asks about. ${paper}`,
  };
}

export interface EstimatedDescent {
  /** An L∞ budget. */
  readonly budget: Budget;
  readonly queries: number;
  readonly pairs: number;
  /** How far the pairs are from the current image, in units of the noise. */
  readonly radius: number;
  readonly objective: Objective;
  /** Names the random draws, such as `nes.noise`. */
  readonly purpose: string;
  fill(stream: RandomStream, noise: Float32Array): void;
  /** Moves an image against the gradient of its objective. @param step 1 for the first. */
  move(example: number, image: Float32Array, gradient: Float32Array, step: number): void;
}

/** Each step asks about the pairs, moves, and asks whether the image fools the model when stored. */
export async function estimatedDescent(task: AttackTask, plan: EstimatedDescent): Promise<AttackOutput> {
  const { budget, pairs, queries } = plan;
  const box = new BlackBox(task, budget, queries);
  const current = (task.images.data as Float32Array).slice();
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, plan.purpose));
  let examples = box.asking(2 * pairs + 1);
  for (let step = 1; examples.length > 0; step++) {
    const gradients = await estimate(box, plan, examples, current, streams);
    for (const [at, i] of examples.entries()) {
      const image = row(current, box.size, i);
      plan.move(i, image, row(gradients, box.size, at), step);
      project(image, box.original(i), budget.epsilon);
    }
    await box.release(examples, current);
    examples = box.asking(2 * pairs + 1);
  }
  return box.output();
}

/**
 * `Σ (f(x⁺) - f(x⁻)) (x⁺ - x⁻) / (4 r² · pairs)` over pairs `x ± r · noise`, clipped to the pixel range. By the points as asked about, not as drawn: so a pixel at an
 * end of the range, where one of the two is clipped, counts for what it did.
 * @returns a gradient for each of the examples.
 */
async function estimate(
  box: BlackBox,
  { pairs, radius, objective, fill }: EstimatedDescent,
  examples: Int32Array,
  current: Float32Array,
  streams: readonly RandomStream[],
): Promise<Float32Array> {
  const { size } = box;
  const owners = new Int32Array(2 * pairs * examples.length);
  for (let at = 0; at < owners.length; at++) owners[at] = examples[Math.floor(at / (2 * pairs))]!;
  const noise = new Float32Array(size);
  const gradients = new Float32Array(examples.length * size);
  let ahead: Float32Array = noise;
  let value = 0;
  await box.scores(
    owners,
    (at, image) => {
      const i = owners[at]!;
      if (at % 2 === 0) fill(streams[i]!, noise);
      const reach = at % 2 === 0 ? radius : -radius;
      for (let p = 0, from = i * size; p < size; p++) image[p] = clipped(current[from + p]! + reach * noise[p]!);
    },
    (at, image, scores) => {
      const seen = objective(owners[at]!, scores);
      if (at % 2 === 0) {
        [ahead, value] = [image, seen];
        return;
      }
      const slope = (value - seen) / (4 * radius * radius * pairs);
      const gradient = row(gradients, size, Math.floor(at / (2 * pairs)));
      for (let p = 0; p < size; p++) gradient[p]! += slope * (ahead[p]! - image[p]!);
    },
  );
  return gradients;
}

/** The nearest image inside the budget and the pixel range. */
function project(image: Float32Array, original: Float32Array, epsilon: number): void {
  for (let p = 0; p < image.length; p++) {
    image[p] = clipped(Math.min(original[p]! + epsilon, Math.max(original[p]! - epsilon, image[p]!)));
  }
}
