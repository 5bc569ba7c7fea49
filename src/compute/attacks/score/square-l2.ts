/** Square attack under an L2 budget: moves the length of the change from one square to a bump in another (Andriushchenko et al. 2020, algorithm 3). @module */
import type { RandomStream } from '../../random.js';
import { l2Budget } from '../core/budgets.js';
import { clipped } from '../core/image-arrays.js';
import { TINY } from '../norms/reduce.js';
import { L2_EPSILON } from '../core/parameters.js';
import { ANDRIUSHCHENKO_2020 } from '../core/references.js';
import { randomSign, SQUARE_PARAMETERS, squareAttack, type Squares } from './square.js';
import type { AttackDefinition } from '../core/definition.js';

/** Smallest side of a square that is moved, in pixels. */
const SMALLEST_SIDE = 3;

/** The first change has this many bumps to a side of the image. */
const BUMPS = 5;

export const squareL2: AttackDefinition = {
  kind: 'SQUARE_L2',
  name: 'squareL2',
  title: 'Square, L2',
  description:
    'Random search that takes the change out of one square, adds a bump to another, and keeps what lowers the margin. Uses scores only.',
  access: 'SCORE',
  norms: ['L2'],
  targeted: true,
  reference: ANDRIUSHCHENKO_2020,
  parameters: { epsilon: L2_EPSILON, ...SQUARE_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) =>
    squareAttack(task, parameters, l2Budget(parameters), squaresOf(task.model.spec.inputShape, parameters['epsilon'] as number)),
};

function squaresOf([height, width, channels]: readonly [number, number, number], epsilon: number): Squares {
  const bumps = new Map<number, Bump>();
  const bumpOf = (side: number): Bump => bumps.get(side) ?? bumps.set(side, bump(side)).get(side)!;

  /** Positions of a square's values of one channel, row by row. */
  const squareAt = (top: number, left: number, side: number, channel: number) => {
    const positions = new Int32Array(side * side);
    for (let at = 0, y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) positions[at++] = (y * width + x) * channels + channel;
    }
    return positions;
  };

  /** The original with a change of length ε, clipped. */
  const finish = (image: Float32Array, original: Float32Array, change: Float32Array) => {
    const factor = epsilon / Math.max(Math.sqrt(sumOfSquares(change)), TINY);
    for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + factor * change[p]!);
  };

  return {
    /** Bumps side by side, up or down in each channel. */
    start(image, stream) {
      const side = Math.max(1, Math.floor(Math.min(height, width) / BUMPS));
      const change = new Float32Array(image.length);
      for (let top = Math.floor((height % side) / 2); top + side <= height; top += side) {
        for (let left = Math.floor((width % side) / 2); left + side <= width; left += side) {
          const window = turned(bumpOf(side), stream);
          for (let channel = 0; channel < channels; channel++) {
            const sign = randomSign(stream);
            squareAt(top, left, side, channel).forEach((p, at) => (change[p] = sign * window[at]!));
          }
        }
      }
      finish(image, image.slice(), change);
    },

    /** What one square gives up, and what the budget has left, goes to a bump in another. */
    repaint(image, original, area, stream) {
      const side = oddSide(area, Math.min(height, width));
      const corner = () => [stream.integer(height - side + 1), stream.integer(width - side + 1)] as const;
      const [gaining, losing] = [corner(), corner()];
      const change = new Float32Array(image.length);
      for (let p = 0; p < image.length; p++) change[p] = image[p]! - original[p]!;
      const unused = Math.max(0, epsilon * epsilon - sumOfSquares(change)) / channels;
      const window = turned(bumpOf(side), stream);
      for (let channel = 0; channel < channels; channel++) {
        const here = squareAt(...gaining, side, channel);
        const there = squareAt(...losing, side, channel);
        const before = takeOut(change, here);
        const freed = sumOfSquares(before);
        const length = Math.sqrt(unused + freed + sumOfSquares(takeOut(change, there)));
        const [sign, scale] = [randomSign(stream), 1 / Math.max(Math.sqrt(freed), TINY)];
        const bumped = before.map((value, at) => sign * window[at]! + scale * value);
        const factor = length / Math.max(Math.sqrt(sumOfSquares(bumped)), TINY);
        for (let at = 0; at < here.length; at++) change[here[at]!] = factor * bumped[at]!;
      }
      finish(image, original, change);
    },
  };
}

/** Values at some positions, which are zero afterwards. */
function takeOut(change: Float32Array, positions: Int32Array): Float32Array {
  const values = new Float32Array(positions.length);
  for (let at = 0; at < positions.length; at++) {
    values[at] = change[positions[at]!]!;
    change[positions[at]!] = 0;
  }
  return values;
}

/** An odd side, so that the bump has a middle. */
function oddSide(area: number, shortest: number): number {
  const side = Math.max(SMALLEST_SIDE, Math.round(Math.sqrt(area))) | 1;
  const longest = shortest % 2 === 1 ? shortest : shortest - 1;
  return Math.max(1, Math.min(side, longest));
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** A window of length 1 and its transpose, `[side, side]` row by row. */
type Bump = readonly [Float32Array, Float32Array];

function turned([upright, lying]: Bump, stream: RandomStream): Float32Array {
  return stream.integer(2) === 0 ? upright : lying;
}

/** The paper's η (its appendix B): two halves of opposite sign, each of centred rectangles whose weights fall with the square of their size. */
function bump(side: number): Bump {
  const upright = new Float32Array(side * side);
  const half = Math.floor(side / 2);
  stack(upright.subarray(0, half * side), half, side, 1);
  stack(upright.subarray(half * side), side - half, side, -1);
  const length = Math.sqrt(sumOfSquares(upright));
  for (let p = 0; p < upright.length; p++) upright[p]! /= length;
  return [upright, upright.map((_, p) => upright[(p % side) * side + Math.floor(p / side)]!)];
}

/** Adds up rectangles around the middle of a half, in the way of the authors' code, and brings the half to length 1. */
function stack(half: Float32Array, rows: number, columns: number, sign: number): void {
  const [middleRow, middleColumn] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  for (let ring = 0; ring <= Math.max(middleRow, middleColumn); ring++) {
    for (let y = Math.max(0, middleRow - ring); y < Math.min(rows, middleRow + ring + 1); y++) {
      for (let x = Math.max(0, middleColumn - ring); x < Math.min(columns, middleColumn + ring + 1); x++) {
        half[y * columns + x]! += 1 / (ring + 1) ** 2;
      }
    }
  }
  const length = Math.sqrt(sumOfSquares(half));
  for (let p = 0; p < half.length; p++) half[p]! *= sign / length;
}
