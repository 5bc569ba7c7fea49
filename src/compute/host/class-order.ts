/** Whether a model's classes are those of a data set in another order. @module */
import type { OrderAdvice } from '../models/index.js';
import { randomStream } from '../random.js';
import { wilson } from '../statistics/index.js';

/** A map must be right on so many, beside being much better than none: some confusion looks like an order. */
const LEAST = 0.5;

/**
 * Tries the usual orders and, where there are enough examples, that which the confusions of half of them suggest.
 * @param predicted class of the network for each example. @param labels of the data set. @param classNames of the data set.
 * @returns the best, where it is much better than the given order.
 */
export function findOrder(predicted: Int32Array, labels: Int32Array, classNames: readonly string[]): OrderAdvice | null {
  const count = classNames.length;
  const indices = Array.from({ length: count }, (_, i) => i);
  const byName = [...indices].sort((a, b) => (classNames[a]! < classNames[b]! ? -1 : 1));
  const all = [...predicted.keys()];
  const usual = [
    { description: 'moved up by one', classMap: indices.map((i) => (i + 1) % count), of: all },
    { description: 'moved down by one', classMap: indices.map((i) => (i + count - 1) % count), of: all },
    { description: 'in the reverse order', classMap: indices.map((i) => count - 1 - i), of: all },
    { description: 'in the order of their names', classMap: byName, of: all },
  ];
  const isFitted = all.map((i) => randomStream(0, 'class-order', i).uniform() < 0.5);
  const [fitting, testing] = [all.filter((i) => isFitted[i]), all.filter((i) => !isFitted[i])];
  const fitted = {
    description: 'in the order that its confusions suggest',
    classMap: assignment(predicted, labels, fitting, count),
    of: testing,
  };
  const tried = [...usual, fitted].map(({ description, classMap, of }) => ({
    description,
    classMap,
    right: of.filter((i) => classMap[predicted[i]!] === labels[i]).length,
    n: of.length,
  }));
  const best = tried.reduce((most, one) => (one.right / one.n > most.right / most.n ? one : most));
  const asGiven = all.filter((i) => predicted[i] === labels[i]).length;
  const isBetter = wilson(best.right, best.n).lower > Math.max(LEAST, wilson(asGiven, all.length).upper);
  return isBetter ? best : null;
}

/** One class of the data set for each of the network, by the largest counts first; -1 for those that were never predicted. */
function assignment(predicted: Int32Array, labels: Int32Array, of: readonly number[], count: number): number[] {
  const counts = new Map<number, number>();
  for (const i of of) {
    const pair = predicted[i]! * count + labels[i]!;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const map = new Array<number>(count).fill(-1);
  const taken = new Set<number>();
  for (const [pair] of [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    const [from, to] = [Math.floor(pair / count), pair % count];
    if (map[from] !== -1 || taken.has(to)) continue;
    map[from] = to;
    taken.add(to);
  }
  return map;
}
