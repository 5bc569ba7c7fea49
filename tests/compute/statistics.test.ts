import { describe, expect, it } from 'vitest';
import { pearson, spearman } from '../../src/compute/statistics/correlation.js';
import { holm, holmAdjusted } from '../../src/compute/statistics/holm.js';
import { mcnemar, mcnemarExact } from '../../src/compute/statistics/mcnemar.js';
import { pairedDifference, pairedRatio } from '../../src/compute/statistics/paired.js';
import { wilson } from '../../src/compute/statistics/proportion.js';

describe('wilson', () => {
  // Newcombe 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i agrees with the published interval', (successes, n, lower, upper) => {
    const interval = wilson(successes, n);
    expect(interval.value).toBe(successes / n);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  it('is symmetric, and is [0, 1] without examples', () => {
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

describe("Holm's correction", () => {
  it('agrees with p.adjust of R', () => {
    const pValues = [0.01, 0.04, 0.03, 0.005];
    expect(holmAdjusted(pValues)).toEqual([0.03, 0.06, 0.06, 0.02].map((value) => expect.closeTo(value, 12) as number));
    expect(holm(pValues, 0.05)).toEqual([true, false, false, true]);
    expect(holmAdjusted([0.5, 0.9])).toEqual([1, 1]);
  });
});

describe('correlations', () => {
  // Anscombe 1973, first data set; cor.test of R.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];

  it("Pearson's, with Fisher's interval, is as published", () => {
    const { value, lower, upper, n } = pearson(x, y);
    expect([value, lower, upper, n]).toEqual([0.8164205, 0.4243912, 0.9506933, 11].map((known) => expect.closeTo(known, 6) as number));
  });

  it("Spearman's takes the mean rank of ties, and only the order counts", () => {
    expect(spearman([1, 2, 2, 3], [1, 3, 2, 4]).value).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
    expect(spearman(x.map(Math.exp), y)).toEqual(spearman(x, y));
    // ρ = 9/11 of 11 pairs: 1 - 6 Σd² / (n (n² - 1)), Σd² = 40.
    expect(spearman(x, y).value).toBeCloseTo(9 / 11, 12);
    const half = 1.959963984540054 * Math.sqrt((1 + (9 / 11) ** 2 / 2) / 8);
    expect(spearman(x, y).lower).toBeCloseTo(Math.tanh(Math.atanh(9 / 11) - half), 12);
  });

  it('have the interval [-1, 1] where the data determine none', () => {
    expect(pearson([1, 2, 3], [1, 1, 1])).toEqual({ value: null, lower: -1, upper: 1, n: 3 });
    expect(pearson([], [])).toEqual({ value: null, lower: -1, upper: 1, n: 0 });
    expect(pearson([1, 2, 3], [2, 4, 7])).toMatchObject({ lower: -1, upper: 1 });
  });

  it('are not certain where a few points lie on a line', () => {
    for (const correlation of [pearson, spearman]) {
      expect(correlation([1, 2, 3, 4], [2, 4, 6, 8])).toEqual({ value: 1, lower: -1, upper: 1, n: 4 });
      expect(correlation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])).toEqual({ value: -1, lower: -1, upper: 1, n: 5 });
    }
    // Where rounding keeps the value from being 1.
    const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
    expect(
      pearson(
        tenths,
        tenths.map((x) => x / 3 + 0.1),
      ),
    ).toEqual({ value: expect.closeTo(1, 12) as number, lower: -1, upper: 1, n: 7 });
  });
});

describe('paired proportions', () => {
  // Cavo et al. 2012 (complete response before and after consolidation), as Fagerland, Lydersen and Laake analyse it.
  const cavo = { both: 59, onlyFirst: 6, onlySecond: 16, n: 161 };

  it('have the published difference', () => {
    const { value, lower, upper } = pairedDifference(cavo);
    expect([value, lower, upper]).toEqual([-0.0621, -0.1195, -0.0032].map((known) => expect.closeTo(known, 4) as number));
  });

  it('have the published ratio', () => {
    const { value, lower, upper } = pairedRatio(cavo);
    expect([value, lower, upper]).toEqual([0.8667, 0.7579, 0.991].map((known) => expect.closeTo(known, 4) as number));
  });

  it('keep an interval at the ends', () => {
    const same = pairedRatio({ both: 100, onlyFirst: 0, onlySecond: 0, n: 100 });
    expect(same.value).toBe(1);
    expect(same.lower).toBeLessThan(1);
    expect(same.upper).toBeGreaterThan(1);
    const none = pairedRatio({ both: 0, onlyFirst: 0, onlySecond: 90, n: 100 });
    expect(none).toMatchObject({ value: 0, lower: 0 });
    expect(none.upper).toBeGreaterThan(0);
    expect(none.upper).toBeLessThan(0.1);
    expect(pairedRatio({ both: 0, onlyFirst: 0, onlySecond: 0, n: 9 })).toEqual({ value: null, lower: 0, upper: null, n: 9 });
  });
});
