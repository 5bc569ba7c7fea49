/** Bad files by what is wrong with them. @module */
import { randomStream } from '../../src/compute/random.js';

export interface BadFile {
  /** What is wrong with it. */
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

/** As many bad files as `count`, made of one by a seeded stream each. */
export function seeded(count: number, name: string, make: (integer: (bound: number) => number) => Uint8Array): BadFile[] {
  return Array.from({ length: count }, (_, i) => ({ name: `${name}, ${i}`, bytes: () => make(randomStream(1, name, i).integer) }));
}

/** Cut off somewhere, so that at least `kept` bytes are left and one is missing. */
export const truncated = (count: number, name: string, whole: () => Uint8Array, kept = 1): BadFile[] =>
  seeded(count, `${name}, cut off`, (integer) => whole().subarray(0, kept + integer(whole().length - kept)));

/** Some bytes overwritten by others. */
export const scrambled = (count: number, name: string, whole: () => Uint8Array, bytes = 16): BadFile[] =>
  seeded(count, `${name}, scrambled`, (integer) => {
    const copy = Uint8Array.from(whole());
    for (let i = 0; i < bytes; i++) copy[integer(copy.length)]! ^= 1 + integer(255);
    return copy;
  });

export const named = (files: Readonly<Record<string, () => Uint8Array>>): BadFile[] =>
  Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
