/**
 * Seeded random numbers that do not depend on how examples are batched: every example has its own stream, keyed by (seed, purpose, index).
 * @module
 */
import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** 32 random bits, as a signed integer: the fastest draw. */
  bits(): number;
}

export interface ExampleRandom {
  /** @param example position in the batch; its data-set index is part of the key. @param purpose such as `step-rnd.target`. */
  stream(example: number, purpose: string): RandomStream;
}

/**
 * A stream of its own for each (seed, purpose, index). The generator's 128 bits of state are a hash of the key, so that neighbouring keys
 * give unrelated streams.
 */
export function randomStream(seed: number, purpose: string, index: number): RandomStream {
  const digest = createHash('sha256').update(`${seed}\0${purpose}\0${index}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  let spare: number | undefined;
  return {
    uniform: () => uniformFloat64(generator),
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    bits: () => generator.next(),
    /** Marsaglia's polar method: two normals from each accepted point of the unit disc. */
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const u = 2 * uniformFloat64(generator) - 1;
        const v = 2 * uniformFloat64(generator) - 1;
        const square = u * u + v * v;
        if (square === 0 || square >= 1) continue;
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        spare = v * factor;
        return u * factor;
      }
    },
  };
}

/** Streams for a batch whose example i is number `offset + i` of the data set. */
export function exampleRandom(seed: number, offset: number): ExampleRandom {
  return { stream: (example, purpose) => randomStream(seed, purpose, offset + example) };
}

/**
 * A normal N(0, sigma) truncated to [minimum, maximum] by rejection. Clipping instead would pile mass at the ends.
 * The interval should hold a fair share of the distribution, as [0, 2σ] does: rejection takes long where it does not.
 */
export function truncatedNormal(stream: RandomStream, sigma: number, minimum: number, maximum: number): number {
  if (sigma === 0) return Math.min(Math.max(0, minimum), maximum);
  for (;;) {
    const value = sigma * stream.normal();
    if (value >= minimum && value <= maximum) return value;
  }
}

/** The numbers 0 … count - 1 in a seeded random order (Fisher and Yates). */
export function shuffledIndices(stream: RandomStream, count: number): Uint32Array {
  const indices = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = stream.integer(last + 1);
    [indices[last], indices[other]] = [indices[other]!, indices[last]!];
  }
  return indices;
}
