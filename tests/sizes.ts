/**
 * How much tests try. `npm test` is to end in minutes; `npm run test:whole`, which every change passes too, has the time for more examples, steps, networks and rows
 * of a table.
 * @module
 */
import { it } from 'vitest';

const isWhole = process.env.GAUNTLET_TEST_WHOLE === 'true';

/** The first number, list or request in `npm test`, the second in `npm run test:whole`. */
export function sized<T>(short: T, whole: T): T {
  return isWhole ? whole : short;
}

/** Every n-th row of a table in `npm test`, all of them in `npm run test:whole`. */
export function everyNth<T>(n: number, rows: readonly T[]): T[] {
  return rows.filter((_, i) => isWhole || i % n === 0);
}

/** A test that `npm run test:whole` alone runs, as no short form of it says anything. */
export const itWhole = it.runIf(isWhole);
