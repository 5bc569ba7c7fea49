import { describe, expect, it } from 'vitest';
import { exampleRandom, randomStream, shuffledIndices, truncatedNormal } from '../../src/compute/random.js';

const draw = (n: number, fn: () => number) => Array.from({ length: n }, fn);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random streams', () => {
  it('depend only on seed, purpose and index', () => {
    const first = (seed: number, purpose: string, index: number) => randomStream(seed, purpose, index).uniform();
    expect(first(1, 'a', 5)).toBe(first(1, 'a', 5));
    expect(new Set([first(1, 'a', 5), first(2, 'a', 5), first(1, 'b', 5), first(1, 'a', 6)]).size).toBe(4);
  });

  it('are the same for an example in any batch', () => {
    expect(exampleRandom(7, 100).stream(3, 'x').integer(1000)).toBe(exampleRandom(7, 103).stream(0, 'x').integer(1000));
  });

  it('have the distributions they name', () => {
    const stream = randomStream(3, 'distribution', 0);
    const normals = draw(20_000, () => stream.normal());
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
    const integers = draw(20_000, () => stream.integer(10));
    for (let k = 0; k < 10; k++) expect(integers.filter((value) => value === k).length / 20_000).toBeCloseTo(0.1, 1);
    expect(Math.max(...draw(1000, () => stream.uniform()))).toBeLessThan(1);
  });

  it('shuffle to a permutation', () => {
    const order = shuffledIndices(randomStream(1, 'shuffle', 0), 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(
      draw(
        1000,
        (
          (i) => () =>
            i++
        )(0),
      ),
    );
    expect([...order.subarray(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the truncated normal', () => {
  const stream = randomStream(5, 'truncated', 0);
  const values = draw(20_000, () => truncatedNormal(stream, 8, 0, 16));

  it('stays inside its interval', () => {
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(16);
  });

  it('is truncated, not clipped: no mass piles up at the ends', () => {
    expect(values.filter((value) => value === 0 || value === 16)).toHaveLength(0);
    // Density at 16 = 2σ is 0.135 of that at 0; with |N| clipped, 4.6 % would lie at 16 exactly.
    expect(values.filter((value) => value > 15.5).length / values.length).toBeLessThan(0.02);
    // Mean of N(0, 8²) truncated to [0, 16]: 8 · (φ(0) - φ(2)) / (Φ(2) - Φ(0)).
    expect(mean(values)).toBeCloseTo((8 * (0.398942 - 0.053991)) / 0.47725, 0);
  });
});
