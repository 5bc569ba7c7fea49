/** Attacks that ask for scores: schedules and moves, against the originals' values. */
import { describe, expect, it } from 'vitest';
import { projectOntoL1 } from '../../src/compute/attacks/score/square-bumps.js';
import { squareShare } from '../../src/compute/attacks/score/square.js';
import { randomStream } from '../../src/compute/random.js';

describe('Square', () => {
  /** `p_selection` of AutoAttack's code: first iteration of each share, as a divisor of p. */
  const SCHEDULE = [
    [0, 1],
    [10, 1],
    [11, 2],
    [50, 2],
    [51, 4],
    [200, 4],
    [201, 8],
    [501, 16],
    [1001, 32],
    [2001, 64],
    [4001, 128],
    [6001, 256],
    [8000, 256],
    [8001, 512],
    [20_000, 512],
  ] as const;

  it.each(SCHEDULE)('after %d squares they cover a share of p / %d, as in AutoAttack’s standard version', (iteration, divisor) => {
    expect(squareShare(0.8, iteration, 10_000)).toBe(0.8 / divisor);
  });

  it('squares shrink ten times as fast where the schedule is rescaled to a tenth of the queries', () => {
    expect([1, 2, 5, 6, 20, 21, 801].map((iteration) => 0.8 / squareShare(0.8, iteration, 1000))).toEqual([1, 2, 2, 4, 4, 8, 512]);
  });

  it('the projection onto the L1 ball and the pixel range shortens every pixel by one threshold, up to the room it has', () => {
    const stream = randomStream(1, 'projection', 0);
    const size = 200;
    const original = Float32Array.from({ length: size }, () => stream.integer(256) / 255);
    const change = Float32Array.from({ length: size }, () => 0.4 * stream.normal());
    const image = new Float32Array(size);
    projectOntoL1(image, original, change, 5);
    const moved = image.map((value, p) => value - original[p]!);
    const length = moved.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(length).toBeCloseTo(5, 4);
    expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
    // Where a pixel is neither stopped by the range nor back at the original, it lost the threshold.
    const inside = [...image.keys()].filter((p) => image[p]! > 1e-6 && image[p]! < 1 - 1e-6 && Math.abs(moved[p]!) > 1e-6);
    const thresholds = inside.map((p) => Math.abs(change[p]!) - Math.abs(moved[p]!));
    expect(inside.length).toBeGreaterThan(3);
    expect(Math.max(...thresholds) - Math.min(...thresholds)).toBeLessThan(1e-5);
    expect(thresholds[0]).toBeGreaterThan(0);
  });

  it('the projection onto the L1 ball leaves a change inside it as it is', () => {
    const [original, change] = [Float32Array.of(0.5, 0.5, 0.9), Float32Array.of(0.25, -0.125, 0.5)];
    const image = new Float32Array(3);
    projectOntoL1(image, original, change, 1);
    expect([...image]).toEqual([...Float32Array.of(0.75, 0.375, 1)]);
  });
});
