import { describe, expect, it } from 'vitest';
import { inOneSize, inSeveralSizes, timeOf } from '../../src/compute/engine/compiled/micro-batches.js';

describe('examples of a run in micro-batches', () => {
  const sizes = (n: number, workers: number, best: number) =>
    inSeveralSizes(n, workers, best).map(({ from, to, size }) => [to - from, size]);

  it('are in the fastest size first, and the rest in smaller ones where that saves more than another run costs', () => {
    expect(sizes(50, 1, 32)).toEqual([
      [32, 32],
      [16, 16],
      [2, 2],
    ]);
    expect(sizes(78, 1, 32)).toEqual([
      [64, 32],
      [14, 16],
    ]);
    expect(sizes(33, 1, 32)).toEqual([
      [32, 32],
      [1, 2],
    ]);
    expect(sizes(25, 1, 32)).toEqual([[25, 32]]);
    expect(sizes(3, 1, 32)).toEqual([[3, 4]]);
  });

  it('are shared evenly by workers', () => {
    expect(sizes(64, 2, 32)).toEqual([[64, 32]]);
    expect(sizes(36, 2, 32)).toEqual([
      [32, 16],
      [4, 2],
    ]);
  });

  it('are shared out at once, however many they are', () => {
    expect(sizes(1_000_000, 1, 2)).toEqual([[1_000_000, 2]]);
    expect(sizes(1_000_033, 1, 64)).toEqual([
      [1_000_000, 64],
      [32, 32],
      [1, 2],
    ]);
  });

  it('are each computed once, whatever their number, and never slower than in one size', () => {
    for (const workers of [1, 2, 3, 8]) {
      for (const best of [2, 8, 64]) {
        for (let n = 1; n < 300; n++) {
          const stretches = inSeveralSizes(n, workers, best);
          expect(stretches[0]!.from).toBe(0);
          expect(stretches.at(-1)!.to).toBe(n);
          for (const [i, { from, to, size }] of stretches.entries()) {
            expect(to).toBeGreaterThan(from);
            expect(size).toBeLessThanOrEqual(best);
            if (i > 0) expect(from).toBe(stretches[i - 1]!.to);
          }
          if (workers === 1) expect(timeOf(stretches)).toBeLessThanOrEqual(timeOf(inOneSize(n, workers, best)));
        }
      }
    }
  });
});
