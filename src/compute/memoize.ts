import type { LRUCache } from 'lru-cache';

/** The value of `key`, made by `make` where it is not there, once for all who ask. A failure to make it is not kept. */
export function memoize<V>(kept: LRUCache<string, Promise<V>>, key: string, make: () => Promise<V>): Promise<V> {
  const known = kept.get(key);
  if (known) return known;
  const made = make();
  kept.set(key, made);
  made.catch(() => {
    if (kept.peek(key) === made) kept.delete(key);
  });
  return made;
}
