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

let trim: (() => void) | undefined;

/**
 * Gives freed memory back to the system. Of what a session of onnxruntime frees, glibc keeps up to half for later allocations; other
 * allocators give it back by themselves.
 */
export function returnFreedMemory(): void {
  trim ??= findTrim();
  trim();
}

function findTrim(): () => void {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const mallocTrim = koffi.load(null).func('int malloc_trim(size_t)');
    return () => void mallocTrim(0);
  } catch {
    // Another C library than glibc, or a platform that koffi has no binary for.
    return () => undefined;
  }
}
