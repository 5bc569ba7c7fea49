/** What the process occupies, and giving back what it no longer uses. @module */
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of memory that the whole process occupies, all of its threads and libraries included. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

let collect: (() => void) | undefined;

/** Has the calling thread find its garbage now: images are outside of JavaScript's heap, whose size alone says when garbage is looked for. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Functions of glibc; undefined with another C library, or on a platform that koffi has no binary for. */
interface Glibc {
  malloc_trim(keep: number): void;
  mallopt(parameter: number, value: number): void;
}

let glibc: { functions?: Glibc } | undefined;

function findGlibc(): { functions?: Glibc } {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const library = koffi.load(null);
    const malloc_trim = library.func('int malloc_trim(size_t)') as Glibc['malloc_trim'];
    const mallopt = library.func('int mallopt(int, int)') as Glibc['mallopt'];
    return { functions: { malloc_trim, mallopt } };
  } catch {
    return {};
  }
}

/**
 * Gives freed memory back to the system. Of what a session of onnxruntime frees, glibc keeps up to half for later allocations; other
 * allocators give it back by themselves.
 */
export function returnFreedMemory(): void {
  glibc ??= findGlibc();
  glibc.functions?.malloc_trim(0);
}

/** `M_ARENA_MAX` of malloc.h. */
const ARENA_MAX = -8;

/**
 * Has threads share heaps of malloc: by default glibc makes eight for each core, none of which is used for what another has free. For processes that wait more than they compute.
 * Heaps that there are already stay.
 */
export function shareHeaps(most: number): void {
  glibc ??= findGlibc();
  glibc.functions?.mallopt(ARENA_MAX, most);
}
