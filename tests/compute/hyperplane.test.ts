/** The shortest ways to a hyperplane inside the pixel range, against a search in double precision. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHyperplaneL1, toHyperplaneL2, toHyperplaneLinf, type ToHyperplane } from '../../src/compute/attacks/norms/hyperplane.js';
import { randomStream } from '../../src/compute/random.js';

beforeAll(() => tf.setBackend('cpu'));

const SHAPE = [5, 5, 3] as const;
const SIZE = 75;

interface Problem {
  readonly x: number[];
  readonly slope: number[];
  /** Of the linear function at x. */
  readonly value: number;
}

/** A third of the pixels at the ends of the range, some slopes zero. @param share of the way to the furthest hyperplane in reach. */
function problem(seed: number, share: number): Problem {
  const stream = randomStream(seed, 'hyperplane', 0);
  const x = Array.from({ length: SIZE }, () => Math.min(1, Math.max(0, 1.5 * stream.uniform() - 0.25)));
  const slope = x.map(() => (stream.uniform() < 0.1 ? 0 : stream.normal() * 1e-3));
  const reach = x.reduce((sum, from, p) => sum + Math.max(-slope[p]! * from, slope[p]! * (1 - from)), 0);
  return { x, slope, value: -share * reach };
}

function solve(way: ToHyperplane, { x, slope, value }: Problem): number[] {
  const image = (values: number[]) => tf.tensor4d(values, [1, ...SHAPE]);
  return tf.tidy(() => [...way(image(x), { at: image(x), value: tf.tensor4d([value], [1, 1, 1, 1]), slope: image(slope) }).dataSync()]);
}

const risen = ({ slope }: Problem, change: number[]) => change.reduce((sum, by, p) => sum + by * slope[p]!, 0);
const room = ({ x, slope }: Problem) => x.map((from, p) => (slope[p]! > 0 ? 1 - from : from));

/** The shortest way by bisection over how far the fastest pixel goes. */
function reference(given: Problem, speed: (slope: number) => number): number[] {
  const rooms = room(given);
  const at = (time: number) => given.slope.map((slope, p) => Math.sign(slope) * Math.min(time * speed(slope), rooms[p]!));
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (risen(given, at(middle)) < -given.value) low = middle;
    else high = middle;
  }
  return at(high);
}

const SHARES = [0, 0.01, 0.2, 0.6, 0.95];

describe('the shortest way to a hyperplane', () => {
  it.each(SHARES)('is exact in L∞ and L2, %s of the way to the furthest', (share) => {
    for (let seed = 0; seed < 20; seed++) {
      const given = problem(seed, share);
      const linf = reference(given, (slope) => (slope === 0 ? 0 : 1));
      solve(toHyperplaneLinf, given).forEach((by, p) => expect(by).toBeCloseTo(linf[p]!, 4));
      const l2 = reference(given, Math.abs);
      solve(toHyperplaneL2, given).forEach((by, p) => expect(by).toBeCloseTo(l2[p]!, 4));
    }
  });

  it.each(SHARES)('takes the steepest pixels first in L1, %s of the way to the furthest', (share) => {
    for (let seed = 0; seed < 20; seed++) {
      const given = problem(seed, share);
      const rooms = room(given);
      const steepestFirst = [...given.slope.keys()].sort((a, b) => Math.abs(given.slope[b]!) - Math.abs(given.slope[a]!));
      let [left, length] = [-given.value, 0];
      for (const p of steepestFirst) {
        const by = Math.min(rooms[p]!, left / Math.max(Math.abs(given.slope[p]!), 1e-30));
        left -= by * Math.abs(given.slope[p]!);
        length += by;
      }
      const change = solve(toHyperplaneL1, given);
      expect(risen(given, change)).toBeCloseTo(-given.value, 5);
      expect(change.reduce((sum, by) => sum + Math.abs(by), 0)).toBeCloseTo(length, 2);
    }
  });

  it.each([toHyperplaneLinf, toHyperplaneL2, toHyperplaneL1])('goes to the end of the range where it is out of reach (%o)', (way) => {
    const given = problem(1, 2);
    const rooms = room(given);
    solve(way, given).forEach((by, p) => expect(by).toBeCloseTo(Math.sign(given.slope[p]!) * rooms[p]!, 5));
    expect(solve(way, { ...given, slope: given.slope.map(() => 0) }).every((by) => by === 0)).toBe(true);
  });
});
