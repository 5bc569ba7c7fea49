import { describe, expect, it } from 'vitest';
import { planRanges, type Range, type RangePlan } from '../../src/jobs/ranges.js';
import type { PartSummary } from '../../src/jobs/types.js';

const PLAN: RangePlan = { offset: 1000, count: 500, most: 512, first: 16, multiple: 16, partSeconds: 4, workers: 1 };

/** Plans until all is done, with parts that take what `cost` says of their size. @returns the ranges of each plan. */
function planAll(plan: RangePlan, cost: (count: number) => number): Range[][] {
  const waves: Range[][] = [];
  const done: PartSummary[] = [];
  for (;;) {
    const { parts = [] } = planRanges(done, plan);
    if (parts.length === 0) return waves;
    waves.push(parts.map(({ input }) => input));
    for (const { input, units } of parts) {
      done.push({ position: done.length, input: { ...input }, units, seconds: cost(input.count), passes: null });
    }
  }
}

const secondsOf = (waves: readonly Range[][], cost: (count: number) => number) =>
  waves.flat().reduce((sum, { count }) => sum + cost(count), 0);

const COSTS: readonly (readonly [string, (count: number) => number])[] = [
  ['examples alone', (count) => 0.05 * count],
  ['steps alone', () => 7],
  ['steps and examples', (count) => 4 + 0.1 * count],
  ['steps that take longer than a part is to', (count) => 40 + 0.1 * count],
  ['nothing', () => 0],
  ['less for more examples', (count) => 100 / count],
];

describe('ranges of examples as parts', () => {
  it.each(COSTS)('hold each example once, in order, where time goes for %s', (_, cost) => {
    for (const workers of [0, 1, 2, 64]) {
      for (const [count, most] of [
        [1, 512],
        [17, 512],
        [500, 512],
        [10_000, 512],
        [500, 1],
      ] as const) {
        const ranges = planAll({ ...PLAN, count, most, workers }, cost).flat();
        expect(ranges.reduce((at, range) => (expect(range.offset).toBe(at), at + range.count), PLAN.offset)).toBe(PLAN.offset + count);
        expect(Math.max(...ranges.map((range) => range.count))).toBeLessThanOrEqual(most);
        expect(Math.min(...ranges.map((range) => range.count))).toBeGreaterThan(0);
      }
    }
  });

  it('are few where an attack takes a time for its steps, however few the examples', () => {
    const cost = (count: number) => 4 + 0.1 * count;
    const waves = planAll(PLAN, cost);
    expect(waves.length).toBe(3);
    expect(waves.flat().length).toBeLessThanOrEqual(5);
    // One call takes 54 s; by the first part alone, there would be 12 parts of together 98 s.
    expect(secondsOf(waves, cost)).toBeLessThan(1.3 * cost(500));
    // Two workers take little more than half of that.
    const shared = planAll({ ...PLAN, workers: 2 }, cost);
    expect(shared.map(({ length }) => length % 2)).toEqual([0, 0, 0]);
    expect(secondsOf(shared, cost) / 2).toBeLessThan(secondsOf(waves, cost) / 1.7);
    // A part is not one example, though its steps alone take longer than it is to.
    expect(planAll(PLAN, (count) => 40 + 0.1 * count).flat().length).toBeLessThanOrEqual(6);
  });

  it('are short where examples take long, so that workers end together', () => {
    const cost = (count: number) => 0.5 * count;
    const waves = planAll({ ...PLAN, count: 2000, workers: 2 }, cost);
    expect(waves.map(({ length }) => length > 0)).toEqual([true, true, true]);
    expect(waves[0]!.length).toBe(2);
    expect(waves[1]!.length).toBe(2);
    for (const { count } of waves.slice(1).flat()) expect(cost(count)).toBeLessThanOrEqual(32);
    for (const { count } of waves[2]!) expect(cost(count)).toBeLessThanOrEqual(16);
    // Short jobs are not planned twice.
    expect(planAll({ ...PLAN, count: 60 }, (count) => 0.05 * count).length).toBe(2);
  });
});
