import { describe, expect, it } from 'vitest';
import { studentInterval } from '../../src/compute/statistics/student-interval.js';
import { above } from '../../src/studies/verdicts.js';

describe('the interval of a mean', () => {
  it('agrees with tables of Student’s t distribution', () => {
    // t(0.975, 2) = 4.3027, standard error 1 / √3.
    const { mean, lower, upper, n } = studentInterval([1, 2, 3]);
    expect([mean, n]).toEqual([2, 3]);
    expect(lower).toBeCloseTo(2 - 4.30265 / Math.sqrt(3), 4);
    expect(upper).toBeCloseTo(2 + 4.30265 / Math.sqrt(3), 4);
  });

  it('is null for a single value', () => {
    expect(studentInterval([0.5])).toEqual({ mean: 0.5, lower: null, upper: null, n: 1 });
  });
});

describe('a verdict', () => {
  const verdict = (values: (number | undefined)[], bound?: number) =>
    above({ statement: 's', quantity: 'Gain', paper: 'p', values, bound }).outcome;

  it.each([
    ['all far above', [0.5, 0.51, 0.52], undefined, 'REPRODUCED'],
    ['all far below', [-0.5, -0.51, -0.52], undefined, 'NOT_REPRODUCED'],
    ['on both sides', [0.1, -0.1, 0.05], undefined, 'NOT_DECIDED'],
    ['above, and too scattered', [0.01, 0.5, 0.1], undefined, 'NOT_DECIDED'],
    ['a small loss within the bound', [-0.005, -0.006, -0.004], -0.02, 'REPRODUCED'],
    ['exactly at the bound', [0, 0, 0], undefined, 'NOT_DECIDED'],
    ['one seed', [0.9], undefined, 'NOT_DECIDED'],
    ['nothing measured', [undefined, undefined], undefined, 'NOT_DECIDED'],
  ] as const)('is decided by the values %s', (_, values, bound, outcome) => {
    expect(verdict([...values], bound)).toBe(outcome);
  });

  it('states the numbers that decided it', () => {
    const { criterion, estimate } = above({ statement: 's', quantity: 'Gain', paper: 'p', values: [1, undefined, 3], bound: -0.02 });
    expect(criterion).toMatch(/^Gain: reproduced where its 95 % interval over seeds lies above -0.02/);
    expect(estimate).toMatchObject({ mean: 2, n: 2 });
  });
});
