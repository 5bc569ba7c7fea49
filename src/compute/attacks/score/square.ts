/** Square attack (Andriushchenko et al. 2020): random search by squares of the image, which shrink as queries are spent. @module */
import type { Budget } from '../../distances/index.js';
import { real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { queryLimit } from '../core/black-box.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { clipped } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOdds, margin, objectiveOf } from '../core/objectives.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { TINY } from '../norms/reduce.js';
import { randomSearch } from './random-search.js';

const ANDRIUSHCHENKO_2020: AttackReference = {
  title: 'Square Attack: a query-efficient black-box adversarial attack via random search',
  authors: 'Andriushchenko, Croce, Flammarion, Hein',
  year: 2020,
  link: 'arXiv:1912.00049',
};

/** Most queries of each example. */
export const SQUARE_QUERIES = queryLimit(5000);

const PARAMETERS = {
  queries: SQUARE_QUERIES,
  share: real({
    default: 0.8,
    minimum: 0,
    maximum: 1,
    description: 'p: share of the pixels that the first squares cover; it shrinks as queries are spent.',
  }),
  ...TARGET_PARAMETERS,
};

const SQUARE = { access: 'SCORE', targeted: true, reference: ANDRIUSHCHENKO_2020 } as const;

/** Squares of ±ε (the paper's algorithm 2). */
export const squareLinf = defineAttack({
  ...SQUARE,
  kind: 'SQUARE_LINF',
  name: 'squareLinf',
  title: 'Square, L∞',
  description:
    'Random search that repaints squares of the image at the edge of the budget and keeps what lowers the margin. Uses scores only.',
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...PARAMETERS },
  budget: linfBudget,
  run: (task, parameters) =>
    squareAttack(task, parameters, linfBudget(parameters), flatSquares(task.model.spec.inputShape, parameters.epsilon)),
});

/** Moves the length of the change from one square to a bump in another (the paper's algorithm 3). */
export const squareL2 = defineAttack({
  ...SQUARE,
  kind: 'SQUARE_L2',
  name: 'squareL2',
  title: 'Square, L2',
  description:
    'Random search that takes the change out of one square, adds a bump to another, and keeps what lowers the margin. Uses scores only.',
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) =>
    squareAttack(task, parameters, l2Budget(parameters), movedBumps(task.model.spec.inputShape, parameters.epsilon)),
});

interface Squares {
  /** Makes the first candidate of the original. */
  start(image: Float32Array, stream: RandomStream): void;
  /** Changes a square of the best image so far. @param area pixels that the square covers, not rounded. */
  repaint(image: Float32Array, original: Float32Array, area: number, stream: RandomStream): void;
}

function squareAttack(
  task: AttackTask,
  { queries, share }: ValuesOf<typeof PARAMETERS>,
  budget: Budget,
  squares: Squares,
): Promise<AttackOutput> {
  const [height, width] = task.model.spec.inputShape;
  const streams = Array.from(task.labels, (_, i) => task.random.stream(i, 'square'));
  return randomSearch(task, {
    budget,
    queries,
    // As in the authors' code: the margin, but towards a target the cross-entropy.
    objective: objectiveOf(task, task.targets ? logOdds(task) : margin),
    initial: new Float64Array(task.labels.length).fill(Infinity),
    propose(i, image, original, spent) {
      if (spent === 0) squares.start(image, streams[i]!);
      else squares.repaint(image, original, share * shrinkage(spent) * height * width, streams[i]!);
    },
  });
}

/** Shares of the queries after which the squares' area is halved, as the authors' schedule for 10,000 queries has it. */
const HALVINGS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

function shrinkage(spent: number): number {
  const halvings = HALVINGS.filter((share) => spent > share).length;
  return 2 ** -halvings;
}

function randomSign(stream: RandomStream): number {
  return stream.integer(2) === 0 ? 1 : -1;
}

/** Squares of one change in each channel. */
function flatSquares([height, width, channels]: readonly [number, number, number], epsilon: number): Squares {
  return {
    /** Vertical stripes one pixel wide, each up or down by ε in each channel. */
    start(image, stream) {
      const changes = Float32Array.from({ length: width * channels }, () => epsilon * randomSign(stream));
      for (let p = 0; p < image.length; p++) image[p] = clipped(image[p]! + changes[p % changes.length]!);
    },
    /** One square, up or down by ε in each channel. */
    repaint(image, original, area, stream) {
      const side = Math.min(height, width, Math.max(1, Math.round(Math.sqrt(area))));
      const [top, left] = [stream.integer(height - side + 1), stream.integer(width - side + 1)];
      for (let channel = 0; channel < channels; channel++) {
        const change = epsilon * randomSign(stream);
        for (let y = top; y < top + side; y++) {
          for (let x = left; x < left + side; x++) {
            const p = (y * width + x) * channels + channel;
            image[p] = clipped(original[p]! + change);
          }
        }
      }
    },
  };
}

/** Smallest side of a square that is moved, in pixels. */
const SMALLEST_SIDE = 3;

/** The first change has this many bumps to a side of the image. */
const BUMPS = 5;

function movedBumps([height, width, channels]: readonly [number, number, number], epsilon: number): Squares {
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

    /** The change removed from one square, and the rest of the budget, go to a bump in another. */
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
