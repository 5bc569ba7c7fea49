/**
 * The nearest point at which a tree ensemble decides otherwise, exactly: leaves are chosen tree by tree, and the choice whose common box is nearest goes on first
 * (best-first search), so that the first choice of a leaf of every tree that decides otherwise is the nearest of all. Choices that no leaves of the other trees can
 * bring to another decision are given up. Regions of trees: Kantchelian, Tygar & Joseph 2016 by programming, Yang et al. 2020 by enumeration.
 * @module
 */
import { Heap } from './heap.js';
import type { BoxedForest, BoxedLeaf, Interval } from './leaves.js';

/** Of sums in another order than that of the model. */
const SLACK = 1e-4;

/** How changes of single pixels make a distance; what is compared need not be the distance itself. */
export interface Distance {
  /** What one pixel's change adds. */
  of(change: number): number;
  combine(a: number, b: number): number;
  /** Whether a pixel's part can be taken out again. */
  readonly isSum: boolean;
}

export const SQUARES: Distance = { of: (change) => change * change, combine: (a, b) => a + b, isSum: true };
export const LARGEST: Distance = { of: Math.abs, combine: Math.max, isSum: false };

interface Choice {
  readonly parent: Choice | undefined;
  /** How many trees have a leaf. */
  readonly trees: number;
  /** Pixels that the last leaf has narrowed. */
  readonly narrowed: readonly (readonly [pixel: number, interval: Interval])[];
  readonly sums: Float64Array;
}

export interface Found {
  /** Pixels that change, with their values. */
  readonly changes: ReadonlyMap<number, number>;
}

export type Outcome = { readonly found: Found } | { readonly found?: undefined; readonly isExhausted: boolean };

/** @param wanted classes that will do. @param most the largest value of the distance that counts. @param regions most choices that are looked at. */
export function nearestEvasion(
  { trees, base }: BoxedForest,
  image: Float32Array,
  label: number,
  wanted: (predicted: number) => boolean,
  distance: Distance,
  most: number,
  regions: number,
): Outcome {
  const classes = base.length;
  const reach = reachOf(trees, label, classes);
  const queue = new Heap<Choice>();
  queue.push(0, { parent: undefined, trees: 0, narrowed: [], sums: Float64Array.from(base) });
  for (let looked = 0; queue.size > 0; looked++) {
    if (looked >= regions) return { isExhausted: true };
    const { priority, item: choice } = queue.pop()!;
    const box = boxOf(choice);
    if (choice.trees === trees.length) {
      if (wanted(decisionOf(choice.sums))) return { found: { changes: changesOf(box, image) } };
      continue;
    }
    for (const leaf of trees[choice.trees]!) {
      const sums = choice.sums.map((sum, k) => sum + leaf.values[k]!);
      if (!canEvade(sums, label, wanted, reach[choice.trees + 1]!)) continue;
      const narrowed = narrowedBy(leaf, box);
      if (!narrowed) continue;
      const next = distanceOf(priority, narrowed, box, image, distance);
      if (next <= most) queue.push(next, { parent: choice, trees: choice.trees + 1, narrowed, sums });
    }
  }
  return { isExhausted: false };
}

/** Of each tree and those after it, the most that each class can gain on the label. */
function reachOf(trees: readonly (readonly BoxedLeaf[])[], label: number, classes: number): Float64Array[] {
  const reach = [new Float64Array(classes)];
  for (const leaves of trees.toReversed()) {
    const after = reach[0]!;
    reach.unshift(after.map((gain, k) => gain + Math.max(...leaves.map(({ values }) => values[k]! - values[label]!))));
  }
  return reach;
}

function canEvade(sums: Float64Array, label: number, wanted: (predicted: number) => boolean, reach: Float64Array): boolean {
  return sums.some((sum, k) => k !== label && wanted(k) && sum - sums[label]! + reach[k]! >= -SLACK);
}

function boxOf(choice: Choice): Map<number, Interval> {
  const box = new Map<number, Interval>();
  // The latest intervals are the narrowest.
  for (let at: Choice | undefined = choice; at; at = at.parent) {
    for (const [pixel, interval] of at.narrowed) if (!box.has(pixel)) box.set(pixel, interval);
  }
  return box;
}

/** Undefined where the leaf and the box have no common point. */
function narrowedBy({ box: leaf }: BoxedLeaf, box: ReadonlyMap<number, Interval>): [number, Interval][] | undefined {
  const narrowed: [number, Interval][] = [];
  for (const [pixel, [low, high]] of leaf) {
    const [least, most] = box.get(pixel) ?? [0, 1];
    if (low <= least && most <= high) continue;
    const interval = [Math.max(low, least), Math.min(high, most)] as const;
    if (interval[0] > interval[1]) return undefined;
    narrowed.push([pixel, interval]);
  }
  return narrowed;
}

const changeTo = ([low, high]: Interval, value: number) => (value < low ? low - value : value > high ? high - value : 0);

function distanceOf(
  before: number,
  narrowed: readonly (readonly [number, Interval])[],
  box: ReadonlyMap<number, Interval>,
  image: Float32Array,
  { of, combine, isSum }: Distance,
): number {
  return narrowed.reduce((sum, [pixel, interval]) => {
    const value = image[pixel]!;
    const old = box.get(pixel);
    const taken = isSum && old ? sum - of(changeTo(old, value)) : sum;
    return combine(taken, of(changeTo(interval, value)));
  }, before);
}

function changesOf(box: ReadonlyMap<number, Interval>, image: Float32Array): Map<number, number> {
  return new Map(
    [...box].flatMap(([pixel, interval]) =>
      changeTo(interval, image[pixel]!) === 0 ? [] : [[pixel, nearest(interval, image[pixel]!)] as const],
    ),
  );
}

const nearest = ([low, high]: Interval, value: number) => (value < low ? low : Math.min(value, high));

/** The class of the highest sum, the first of several. Sums are compared as the model has them: in single precision. */
function decisionOf(sums: Float64Array): number {
  let best = 0;
  for (let k = 1; k < sums.length; k++) if (Math.fround(sums[k]!) > Math.fround(sums[best]!)) best = k;
  return best;
}
