/** The shortest change of each example that a search has found so far. @module */
import type { BlackBox } from './black-box.js';
import type { AttackTask } from './definition.js';
import { NOTHING, type SearchResult } from './minimum-norm.js';

/** The shortest change so far of each example that reaches the goal as an image of 8 bits. */
export class Shortest {
  readonly lengths: Float32Array;

  /** @param lengthOf length of a change. */
  constructor(
    task: AttackTask,
    private readonly box: BlackBox,
    private readonly lengthOf: (change: Float32Array) => number,
  ) {
    this.lengths = new Float32Array(task.labels.length).fill(NOTHING);
  }

  /** Distance of an image from the original. */
  distance(example: number, image: Float32Array): number {
    const original = this.box.original(example);
    const change = new Float32Array(image.length);
    for (let p = 0; p < image.length; p++) change[p] = image[p]! - original[p]!;
    return this.lengthOf(change);
  }

  /** Takes an image of 8 bits that reaches the goal. */
  take(example: number, image: Float32Array): void {
    const length = this.distance(example, image);
    if (length >= this.lengths[example]!) return;
    this.lengths[example] = length;
    this.box.keep(example, image);
  }

  found(): SearchResult {
    return { ...this.box.output(), lengths: this.lengths };
  }
}
