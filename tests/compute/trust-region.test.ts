/** Steps of Brendel & Bethge's attack, beside random steps of the same trust region. */
import { describe, expect, it } from 'vitest';
import { trustRegionStep } from '../../src/compute/attacks/minimum-norm/trust-region.js';
import { hostLengthIn } from '../../src/compute/attacks/norms/lengths.js';
import { randomStream } from '../../src/compute/random.js';

const SIZE = 3;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
const length = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

function problem(seed: number, radius: number, share: number) {
  const stream = randomStream(seed, 'problem', 0);
  const drawn = () => Float32Array.from({ length: SIZE }, () => stream.uniform());
  const slope = drawn().map((value) => 4 * value - 2);
  return { original: drawn(), x: drawn(), slope, change: share * radius * length(slope), radius, stream };
}

/** Points of the trust region on the boundary, drawn at random. */
function* onBoundary({ slope, change, radius, x, stream }: ReturnType<typeof problem>, count: number) {
  for (let i = 0; i < count; i++) {
    const free = Float64Array.from({ length: SIZE }, () => radius * (2 * stream.uniform() - 1));
    const off = (change - dot(slope, free)) / dot(slope, slope);
    const delta = free.map((value, p) => value + off * slope[p]!);
    const isInRange = delta.every((value, p) => x[p]! + value >= 0 && x[p]! + value <= 1);
    if (isInRange && length(delta) <= radius) yield delta;
  }
}

/** Fewest values that a step to the boundary within the trust region must leave changed, by trying all of them: others go back, and one takes values of a fine grid. */
function fewestChanged({ slope, change, radius, x, original }: ReturnType<typeof problem>): number {
  const back = x.map((value, p) => original[p]! - value);
  const isStep = (delta: ArrayLike<number>) =>
    length(delta) <= radius && Array.from(delta).every((value, p) => x[p]! + value >= 0 && x[p]! + value <= 1);
  const others = (p: number) => [0, 1, 2].filter((other) => other !== p);
  const withLast = (delta: Float32Array, p: number) => {
    delta[p] = (change - others(p).reduce((sum, other) => sum + slope[other]! * delta[other]!, 0)) / slope[p]!;
    return delta;
  };
  if ([0, 1, 2].some((p) => isStep(withLast(back.slice(), p)))) return 1;
  for (const kept of [0, 1, 2]) {
    const [first, second] = others(kept) as [number, number];
    for (let at = 0; at <= 2000; at++) {
      const delta = back.slice();
      delta[first] = at / 2000 - x[first]!;
      if (isStep(withLast(delta, second))) return 2;
    }
  }
  return 3;
}

it('a step in L0 leaves the fewest values changed, or one more where its dual does not reach those', () => {
  let [compared, fewest] = [0, 0];
  const seen = new Set<number>();
  for (const [radius, share] of [
    [0.2, 0.4],
    [0.6, 0.1],
    [0.6, -0.5],
    [0.9, 0.2],
  ] as const) {
    for (let seed = 1; seed <= 25; seed++) {
      const given = problem(seed, radius, share);
      if ([...onBoundary(given, 4000)].length === 0) continue;
      const delta = trustRegionStep('L0', given);
      expect(length(delta)).toBeLessThanOrEqual(radius * 1.0001);
      expect(Math.abs(dot(given.slope, delta) - given.change)).toBeLessThanOrEqual(2e-3 * Math.abs(given.change) + 1e-6);
      const changed = delta.filter((value, p) => Math.abs(given.x[p]! + value - given.original[p]!) > 1e-6).length;
      const least = fewestChanged(given);
      seen.add(least);
      expect(changed).toBeLessThanOrEqual(least + 1);
      compared++;
      fewest += Number(changed <= least);
    }
  }
  expect(seen.size).toBe(3);
  expect(compared).toBeGreaterThan(60);
  expect(fewest).toBeGreaterThan(0.95 * compared);
});

describe.each(['L2', 'L1', 'LINF'] as const)('a step in %s', (norm) => {
  it.each([
    [0.2, 0.4],
    [0.2, -0.9],
    [0.6, 0.1],
    [0.05, 0.95],
  ])('is the best within a trust region of %f that goes to the boundary: a share of %f of the way', (radius, share) => {
    let compared = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const given = problem(seed, radius, share);
      const distance = (delta: ArrayLike<number>) => hostLengthIn[norm](given.x.map((value, p) => value + delta[p]! - given.original[p]!));
      const best = Math.min(...[...onBoundary(given, 4000)].map(distance));
      if (best === Infinity) continue;
      const delta = trustRegionStep(norm, given);
      expect(length(delta)).toBeLessThanOrEqual(radius * 1.0001);
      delta.forEach((value, p) => expect(Math.abs(given.x[p]! + value - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6));
      expect(Math.abs(dot(given.slope, delta) - given.change)).toBeLessThanOrEqual(2e-3 * Math.abs(given.change) + 1e-6);
      expect(distance(delta)).toBeLessThanOrEqual(best + 0.05 * radius);
      compared++;
    }
    expect(compared).toBeGreaterThan(4);
  });
});

it('a step goes as far as it can where the boundary is out of reach', () => {
  const [original, x] = [new Float32Array(4).fill(0.2), new Float32Array(4).fill(0.5)];
  const slope = Float32Array.from([2, 0, 0, 0]);
  for (const norm of ['L2', 'L1', 'LINF', 'L0'] as const) {
    const delta = trustRegionStep(norm, { original, x, slope, change: 10, radius: 0.1 });
    expect(delta[0]).toBeCloseTo(0.1, 4);
    expect(length(delta)).toBeLessThanOrEqual(0.1001);
  }
});
