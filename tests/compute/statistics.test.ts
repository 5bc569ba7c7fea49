import { describe, expect, it } from 'vitest';
import { mcnemar, mcnemarExact } from '../../src/compute/metrics/mcnemar.js';
import { wilson } from '../../src/compute/metrics/proportion.js';

describe('wilson', () => {
  // Newcombe 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is as published', (successes, n, lower, upper) => {
    const interval = wilson(successes, n);
    expect(interval.value).toBe(successes / n);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  it('is symmetric, and says nothing without examples', () => {
    const [few, many] = [wilson(3, 10), wilson(7, 10)];
    expect(few.lower).toBeCloseTo(1 - many.upper, 12);
    expect(wilson(10, 10).upper).toBe(1);
    expect(wilson(0, 0)).toEqual({ value: null, lower: 0, upper: 1, n: 0 });
  });
});

describe('mcnemarExact', () => {
  it('is the binomial tail', () => {
    expect(mcnemarExact(0, 0)).toBe(1);
    expect(mcnemarExact(5, 0)).toBeCloseTo(1 / 32, 12);
    expect(mcnemarExact(4, 1)).toBeCloseTo(6 / 32, 12);
    expect(mcnemarExact(0, 5)).toBeCloseTo(1, 12);
  });

  it('holds for thousands of pairs', () => {
    expect(mcnemarExact(2000, 2000)).toBeCloseTo(0.506, 3);
    expect(mcnemarExact(2500, 1500)).toBeLessThan(1e-50);
  });
});

describe("McNemar's exact test", () => {
  it('counts discordant pairs only', () => {
    const first = Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 0, 1, 1);
    const second = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
    // 6 against 1: 2 · (1 + 7) / 2^7.
    expect(mcnemar(first, second)).toEqual({ onlyFirst: 6, onlySecond: 1, pValue: expect.closeTo(0.125, 10) as number });
    expect(mcnemar(first, first).pValue).toBe(1);
  });

  it('does not underflow for many pairs', () => {
    const first = new Uint8Array(4000).fill(1, 0, 1950);
    const second = Uint8Array.from(first, (value) => 1 - value);
    // Normal approximation with continuity correction: z = 99 / sqrt(4000) = 1.565.
    expect(mcnemar(first, second).pValue).toBeCloseTo(0.1175, 3);
  });
});
