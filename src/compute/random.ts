/**
 * Seeded random numbers that do not depend on how examples are batched: every example has its own stream, keyed by (seed, purpose, index).
 * @module
 */

export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
}

export interface ExampleRandom {
  /** @param example position in the batch; its data-set index is part of the key. @param purpose such as `step-rnd.target`. */
  stream(example: number, purpose: string): RandomStream;
}
