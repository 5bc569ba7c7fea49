/** How the examples of a run are shared out into micro-batches. @module */
import { SMALLEST } from './tuning.js';

/** Examples that are computed in micro-batches of one size; the last is filled up. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** A micro-batch takes as long as this many examples before it computes the first: 3 for a step of FAB, 5 for one of APGD, 7 for a prediction, on a small network. */
const RUN = 5;

/** The size that gives every worker a part of n examples: a power of two, so that few are ever compiled. */
export function evenPart(n: number, workers: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(SMALLEST, Math.ceil(n / workers))));
}

/** All in micro-batches of one size. @param best the size that is fastest where there are enough examples. */
export function inOneSize(n: number, workers: number, best: number): Stretch[] {
  return [{ from: 0, to: n, size: Math.min(best, evenPart(n, workers)) }];
}

/**
 * In the largest size first, and what is left in smaller ones where that is faster: 50 as 32 + 16 + 2, where one size takes twice 32. An attack that drops the
 * examples that it has fooled asks for any number of them, thousands of times.
 */
export function inSeveralSizes(n: number, workers: number, best: number): Stretch[] {
  const full = Math.max(0, Math.ceil(n / workers / best) - 1);
  const stretches: Stretch[] = full > 0 ? [{ from: 0, to: full * workers * best, size: best }] : [];
  let from = full * workers * best;
  for (const size of sizesFor(Math.ceil((n - from) / workers), best)) {
    if (from >= n) break;
    const to = Math.min(n, from + workers * size);
    const last = stretches.at(-1);
    if (last?.size === size) stretches[stretches.length - 1] = { ...last, to };
    else stretches.push({ from, to, size });
    from = to;
  }
  return stretches;
}

/** Of the micro-batches of one worker, for at most `best` examples. */
function sizesFor(n: number, best: number): number[] {
  if (n <= 0) return [];
  const one = evenPart(n, 1);
  const several = one > SMALLEST ? [one / 2, ...sizesFor(n - one / 2, best)] : [one];
  const time = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + RUN + size, 0);
  return time([one]) <= time(several) ? [Math.min(best, one)] : several;
}

/** About how long it takes, in examples. */
export const timeOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { from, to, size }) => sum + Math.ceil((to - from) / size) * (RUN + size), 0);
