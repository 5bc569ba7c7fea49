/** What happens to an image between its maker and the model: one file each, and one line in `registry.ts`. @module */
import type { ImageShape } from '../../tensors/index.js';
import type { RandomStream } from '../../random.js';

export interface Transformation {
  /** Member of `TransformationInput`, such as `jpeg`. */
  readonly name: string;
  /** What it does, and what the amount means, with units. */
  readonly description: string;
  readonly minimum: number;
  readonly maximum: number;
  /** @param image `[height, width, channels]`, 8 bits a channel. @param stream of this example and step. @returns the same shape. */
  apply(image: Uint8Array, shape: ImageShape, amount: number, stream: RandomStream): Uint8Array | Promise<Uint8Array>;
}

/** A transformation and how much of it. */
export interface TransformationStep {
  readonly name: string;
  readonly amount: number;
}
