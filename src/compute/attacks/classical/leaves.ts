/** Leaves of tree ensembles as boxes of pixel values. @module */
import { ComputeError } from '../../errors.js';
import type { Forest } from '../../models/index.js';

/** Values of one pixel, both ends included. */
export type Interval = readonly [low: number, high: number];

export interface BoxedLeaf {
  /** By pixel; the others are free. */
  readonly box: ReadonlyMap<number, Interval>;
  /** What it adds to the score of each class. */
  readonly values: Float32Array;
}

export interface BoxedForest {
  readonly trees: readonly (readonly BoxedLeaf[])[];
  readonly base: readonly number[];
}

/** Values that pixels may have: multiples of 1 / levels, or all of float32. @returns the largest one up to the threshold, and the one after it. */
function neighbours(threshold: number, levels: number | undefined): Interval {
  if (levels === undefined) return [threshold, nextUp(threshold)];
  let level = Math.floor(threshold * levels) + 1;
  while (Math.fround(level / levels) > threshold) level--;
  return [Math.fround(level / levels), Math.fround((level + 1) / levels)];
}

const bits = new DataView(new ArrayBuffer(4));

function nextUp(value: number): number {
  if (value === 0) return 2 ** -149;
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + (value > 0 ? 1 : -1));
  return bits.getFloat32(0);
}

/** @param levels of stored images; undefined: pixels are floats. @throws ComputeError INVALID_ATTACK for comparisons that are not `x ≤ t`. */
export function boxedForest(forest: Forest, classes: number, levels: number | undefined): BoxedForest {
  const isSingle = forest.targets === 1 && classes === 2;
  if (forest.aggregate !== 'SUM' || (forest.targets !== classes && !isSingle))
    throw unsuited('its trees are not summed to a score of each class');
  const leavesBelow = (node: number, box: ReadonlyMap<number, Interval>): BoxedLeaf[] => {
    if (forest.isLeaf[node]) return [{ box, values: valuesOf(node) }];
    if (forest.comparison[node] !== 'BRANCH_LEQ') throw unsuited(`it compares by ${forest.comparison[node]}, not by BRANCH_LEQ`);
    const pixel = forest.feature[node]!;
    const [below, above] = neighbours(forest.threshold[node]!, levels);
    const [low, high] = box.get(pixel) ?? [0, 1];
    return [
      ...(low <= below ? leavesBelow(forest.onTrue[node]!, new Map(box).set(pixel, [low, Math.min(high, below)])) : []),
      ...(above <= high ? leavesBelow(forest.onFalse[node]!, new Map(box).set(pixel, [Math.max(low, above), high])) : []),
    ];
  };
  const valuesOf = (node: number): Float32Array => {
    if (isSingle) return Float32Array.of(0, forest.values[node]!);
    return forest.values.subarray(node * classes, (node + 1) * classes);
  };
  // One score of two classes is that of the second: a probability, or a logit.
  const base = isSingle ? [forest.arePositive ? 0.5 : 0, forest.base[0]!] : forest.base;
  return { trees: forest.roots.map((root) => leavesBelow(root, new Map())), base };
}

export function unsuited(reason: string): ComputeError {
  return new ComputeError(
    'INVALID_ATTACK',
    `Regions of trees can be enumerated of tree ensembles as scikit-learn exports them and as this server trains them; of this model not: ${reason}. Use HOP_SKIP_JUMP_L2, HOP_SKIP_JUMP_LINF or BOUNDARY, which ask for decisions only.`,
    ['kind'],
  );
}
