/** Trees that are grown greedily, a split at a time (Breiman et al. 1984). @module */
import type { RandomStream } from '../../random.js';
import { shuffledIndices } from '../../random.js';
import type { Binned } from './bins.js';

export interface Leaf {
  /** Examples in it. */
  readonly examples: Int32Array;
}

export interface Branch {
  readonly pixel: number;
  /** Up to it, an image goes to `low`. */
  readonly threshold: number;
  readonly low: Tree;
  readonly high: Tree;
}

export type Tree = Leaf | Branch;

export const isLeaf = (tree: Tree): tree is Leaf => 'examples' in tree;

/**
 * What a split is to separate. Sums of an example's values over both sides are all that its gain depends on.
 * @typeParam the number of values of an example: one for each class, or a residual.
 */
export interface Criterion {
  readonly values: number;
  /** Adds an example's values, times its weight, to sums. */
  add(sums: Float64Array, at: number, example: number): void;
  /** The larger, the purer is what has these sums. @param weight of its examples. */
  purity(sums: Float64Array, at: number, weight: number): number;
}

export interface Growth {
  readonly maximumDepth: number;
  /** Fewest examples of a leaf. */
  readonly leastExamples: number;
  /** Pixels that a split is chosen among, drawn again at each; undefined: all. */
  readonly pixels?: { readonly count: number; readonly random: RandomStream };
}

const LEAST_GAIN = 1e-9;

/** @param examples of the root, some of them more than once. */
export function growTree(data: Binned, examples: Int32Array, criterion: Criterion, growth: Growth): Tree {
  const count = data.bins.length / data.lowest.length;
  const grower = new Grower(data, count, criterion, growth);
  return grower.grow(examples, 0);
}

interface Split {
  readonly pixel: number;
  /** The last bin that goes to `low`, and the next one that the examples have. */
  readonly bin: number;
  readonly next: number;
}

class Grower {
  private readonly histogram: Float64Array;
  private readonly weights = new Float64Array(256);
  private readonly low: Float64Array;

  constructor(
    private readonly data: Binned,
    private readonly count: number,
    private readonly criterion: Criterion,
    private readonly growth: Growth,
  ) {
    this.histogram = new Float64Array(256 * criterion.values);
    this.low = new Float64Array(2 * criterion.values);
  }

  grow(examples: Int32Array, depth: number): Tree {
    if (depth >= this.growth.maximumDepth || examples.length < 2 * this.growth.leastExamples) return { examples };
    const split = this.best(examples);
    if (!split) return { examples };
    const { pixel, bin, next } = split;
    const isLow = (example: number) => this.data.bins[pixel * this.count + example]! <= bin;
    return {
      pixel,
      threshold: this.data.highest[pixel]![bin]! / 2 + this.data.lowest[pixel]![next]! / 2,
      low: this.grow(examples.filter(isLow), depth + 1),
      high: this.grow(
        examples.filter((example) => !isLow(example)),
        depth + 1,
      ),
    };
  }

  private best(examples: Int32Array): Split | undefined {
    const { criterion, growth, data } = this;
    const total = new Float64Array(criterion.values);
    for (const example of examples) criterion.add(total, 0, example);
    const whole = criterion.purity(total, 0, examples.length);
    let best: Split | undefined;
    let highest = whole + LEAST_GAIN;
    // As scikit-learn does, more pixels are looked at where none of the first has a split.
    let left = growth.pixels?.count ?? Infinity;
    for (const pixel of growth.pixels ? shuffledIndices(growth.pixels.random, data.lowest.length) : data.lowest.keys()) {
      if (left <= 0 && best) break;
      left--;
      const found = this.bestOf(pixel, examples, total, highest);
      if (found) [best, highest] = [{ pixel, bin: found.bin, next: this.nextOf(pixel, found.bin, examples) }, found.value];
    }
    return best;
  }

  private nextOf(pixel: number, bin: number, examples: Int32Array): number {
    const bins = this.data.bins.subarray(pixel * this.count, (pixel + 1) * this.count);
    return examples.reduce((next, example) => (bins[example]! > bin ? Math.min(next, bins[example]!) : next), 255);
  }

  /** The best threshold of a pixel, where it is better than what is known. */
  private bestOf(pixel: number, examples: Int32Array, total: Float64Array, known: number): { bin: number; value: number } | undefined {
    const { criterion, data, histogram, weights, low, count } = this;
    const { values } = criterion;
    const from = pixel * count;
    let [first, last] = [256, -1];
    for (const example of examples) {
      const bin = data.bins[from + example]!;
      if (bin < first) first = bin;
      if (bin > last) last = bin;
    }
    if (first >= last) return undefined;
    histogram.fill(0, first * values, (last + 1) * values);
    weights.fill(0, first, last + 1);
    for (const example of examples) {
      const bin = data.bins[from + example]!;
      criterion.add(histogram, bin * values, example);
      weights[bin]!++;
    }
    low.fill(0);
    let below = 0;
    let found: { bin: number; value: number } | undefined;
    for (let bin = first; bin < last; bin++) {
      if (weights[bin] === 0) continue;
      below += weights[bin]!;
      for (let v = 0; v < values; v++) {
        low[v]! += histogram[bin * values + v]!;
        low[values + v] = total[v]! - low[v]!;
      }
      const above = examples.length - below;
      if (below < this.growth.leastExamples || above < this.growth.leastExamples) continue;
      const value = criterion.purity(low, 0, below) + criterion.purity(low, values, above);
      if (value > (found?.value ?? known)) found = { bin, value };
    }
    return found;
  }
}

/** The Gini index: examples less their impurity. */
export function giniCriterion(labels: Int32Array, classes: number): Criterion {
  return {
    values: classes,
    add: (sums, at, example) => void sums[at + labels[example]!]!++,
    purity(sums, at, weight) {
      let squares = 0;
      for (let k = 0; k < classes; k++) squares += sums[at + k]! ** 2;
      return weight === 0 ? 0 : squares / weight;
    },
  };
}

/** Squared distance from the mean. */
export function varianceCriterion(targets: Float64Array): Criterion {
  return {
    values: 1,
    add: (sums, at, example) => void (sums[at]! += targets[example]!),
    purity: (sums, at, weight) => (weight === 0 ? 0 : sums[at]! ** 2 / weight),
  };
}
