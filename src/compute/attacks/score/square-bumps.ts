/** Square's moves in L2 and L1: the change is taken out of one square, and a bump added to another. @module */
import type { RandomStream } from '../../random.js';
import { clipped } from '../core/image-arrays.js';
import { TINY } from '../norms/reduce.js';

/** How Square changes images in a norm. */
export interface Squares {
  /** Makes the first candidate of the original. */
  start(image: Float32Array, stream: RandomStream): void;
  /** Changes a square of the best image so far. @param area pixels that the square covers, not rounded. */
  repaint(image: Float32Array, original: Float32Array, area: number, stream: RandomStream): void;
}

export function randomSign(stream: RandomStream): number {
  return stream.integer(2) === 0 ? 1 : -1;
}

/** Smallest side of a square that is moved, in pixels. */
const SMALLEST_SIDE = 3;

/** The first change has this many bumps to a side of the image. */
const BUMPS = 5;

/** What a norm changes in the moves. */
interface BumpNorm {
  /** Sizes of a change add up over its pixels: |δ|^power. */
  readonly power: 1 | 2;
  /** Weights of a bump's rectangles fall with this power of their size. */
  readonly falloff: number;
  /** Times what a channel gives up and its share of the unused budget, the size that its new bump has. */
  readonly gain: (channels: number) => number;
  /** Brings a change to length ε and the image that it makes into the pixel range. */
  finish(image: Float32Array, original: Float32Array, change: Float32Array, epsilon: number): void;
}

export const L2_BUMPS: BumpNorm = {
  power: 2,
  falloff: 2,
  gain: () => 1,
  /** Made as long as allowed, then clipped. */
  finish(image, original, change, epsilon) {
    const factor = epsilon / Math.max(Math.sqrt(sizeOf(change, 2)), TINY);
    for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + factor * change[p]!);
  },
};

export const L1_BUMPS: BumpNorm = {
  power: 1,
  falloff: 4,
  gain: (channels) => channels,
  finish: projectOntoL1,
};

/** @param epsilon longest change. */
export function movedBumps([height, width, channels]: readonly [number, number, number], epsilon: number, norm: BumpNorm): Squares {
  const { power } = norm;
  const size = (values: Float32Array) => sizeOf(values, power);
  const bumps = new Map<number, Bump>();
  const bumpOf = (side: number): Bump => bumps.get(side) ?? bumps.set(side, bump(side, norm)).get(side)!;

  /** Positions of a square's values of one channel, row by row. */
  const squareAt = (top: number, left: number, side: number, channel: number) => {
    const positions = new Int32Array(side * side);
    for (let at = 0, y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) positions[at++] = (y * width + x) * channels + channel;
    }
    return positions;
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
      norm.finish(image, image.slice(), change, epsilon);
    },

    /** The change removed from one square, and the rest of the budget, go to a bump in another. */
    repaint(image, original, area, stream) {
      const side = oddSide(area, Math.min(height, width));
      const corner = () => [stream.integer(height - side + 1), stream.integer(width - side + 1)] as const;
      const [gaining, losing] = [corner(), corner()];
      const change = new Float32Array(image.length);
      for (let p = 0; p < image.length; p++) change[p] = image[p]! - original[p]!;
      const unused = Math.max(0, epsilon ** power - size(change)) / channels;
      const window = turned(bumpOf(side), stream);
      for (let channel = 0; channel < channels; channel++) {
        const here = squareAt(...gaining, side, channel);
        const there = squareAt(...losing, side, channel);
        const before = takeOut(change, here);
        const freed = size(before);
        const length = (norm.gain(channels) * (unused + freed + size(takeOut(change, there)))) ** (1 / power);
        const [sign, scale] = [randomSign(stream), 1 / Math.max(freed ** (1 / power), TINY)];
        const bumped = before.map((value, at) => sign * window[at]! + scale * value);
        const factor = length / Math.max(size(bumped) ** (1 / power), TINY);
        for (let at = 0; at < here.length; at++) change[here[at]!] = factor * bumped[at]!;
      }
      norm.finish(image, original, change, epsilon);
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

/** `Σ |v|^power`. */
function sizeOf(values: Float32Array, power: 1 | 2): number {
  let sum = 0;
  for (const value of values) sum += power === 2 ? value * value : Math.abs(value);
  return sum;
}

/** A window of length 1 and its transpose, `[side, side]` row by row. */
type Bump = readonly [Float32Array, Float32Array];

function turned([upright, lying]: Bump, stream: RandomStream): Float32Array {
  return stream.integer(2) === 0 ? upright : lying;
}

/** The paper's η (its appendix B): two halves of opposite sign, each of centred rectangles whose weights fall with a power of their size. */
function bump(side: number, norm: BumpNorm): Bump {
  const upright = new Float32Array(side * side);
  const half = Math.floor(side / 2);
  stack(upright.subarray(0, half * side), half, side, 1, norm);
  stack(upright.subarray(half * side), side - half, side, -1, norm);
  const length = sizeOf(upright, norm.power) ** (1 / norm.power);
  for (let p = 0; p < upright.length; p++) upright[p]! /= length;
  return [upright, upright.map((_, p) => upright[(p % side) * side + Math.floor(p / side)]!)];
}

/** Adds up rectangles around the middle of a half, in the way of the authors' code, and brings the half to length 1. */
function stack(half: Float32Array, rows: number, columns: number, sign: number, { power, falloff }: BumpNorm): void {
  const [middleRow, middleColumn] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  for (let ring = 0; ring <= Math.max(middleRow, middleColumn); ring++) {
    for (let y = Math.max(0, middleRow - ring); y < Math.min(rows, middleRow + ring + 1); y++) {
      for (let x = Math.max(0, middleColumn - ring); x < Math.min(columns, middleColumn + ring + 1); x++) {
        half[y * columns + x]! += 1 / (ring + 1) ** falloff;
      }
    }
  }
  const length = sizeOf(half, power) ** (1 / power);
  for (let p = 0; p < half.length; p++) half[p]! *= sign / length;
}

/** Halvings of the interval of the projection's threshold: more than float32 can tell apart. */
const THRESHOLD_HALVINGS = 32;

/** Part of ε that is left unused, so that rounding in float32 does not exceed it: as in AutoAttack's code. */
const PART_UNUSED = 1e-6;

/**
 * Writes the nearest image to `original + change` of the pixel range whose change has an L1 length of at most ε: each pixel's change is shortened by a
 * threshold, at most to what the range has room for (Croce & Hein 2021, proposition 2.1).
 */
export function projectOntoL1(image: Float32Array, original: Float32Array, change: Float32Array, epsilon: number): void {
  const room = change.map((value, p) => Math.min(Math.abs(value), value < 0 ? original[p]! : 1 - original[p]!));
  const shortened = (p: number, threshold: number) => Math.min(room[p]!, Math.max(0, Math.abs(change[p]!) - threshold));
  const lengthAt = (threshold: number) => change.reduce((sum, _, p) => sum + shortened(p, threshold), 0);
  let [low, high] = [0, 0];
  if (lengthAt(0) > epsilon * (1 - PART_UNUSED)) {
    high = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (let halving = 0; halving < THRESHOLD_HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (lengthAt(middle) > epsilon * (1 - PART_UNUSED)) low = middle;
      else high = middle;
    }
  }
  for (let p = 0; p < image.length; p++) image[p] = clipped(original[p]! + Math.sign(change[p]!) * shortened(p, high));
}
