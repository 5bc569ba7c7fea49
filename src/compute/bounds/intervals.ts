/** Interval bound propagation (Gowal et al. 2018, arXiv 1810.12715). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { BoundedNetwork } from './network.js';

export interface Interval {
  readonly lower: tf.Tensor;
  readonly upper: tf.Tensor;
}

/** Bounds of every value, by its number, for all images between two. @param tighten what is known of a value beside its interval. */
export function intervals(
  { nodes, input }: BoundedNetwork,
  box: Interval,
  tighten?: (value: number, interval: Interval) => Interval,
): Map<number, Interval> {
  const bounds = new Map([[input, box]]);
  for (const { arity, inputs, output, run, spread } of nodes) {
    const given = inputs.map(([, value]) => bounds.get(value)!);
    const [lower, upper] = [given.map((interval) => interval.lower), given.map((interval) => interval.upper)];
    const found = arity === 'monotone' ? { lower: run(lower), upper: run(upper) } : affineBounds(given, run, spread);
    bounds.set(output, tighten ? tighten(output, found) : found);
  }
  return bounds;
}

function affineBounds(
  given: readonly Interval[],
  run: (values: readonly tf.Tensor[]) => tf.Tensor,
  spread: (radii: readonly tf.Tensor[]) => tf.Tensor,
): Interval {
  const centre = run(given.map(({ lower, upper }) => tf.mul(tf.add(lower, upper), 0.5)));
  const radius = spread(given.map(({ lower, upper }) => tf.mul(tf.sub(upper, lower), 0.5)));
  return { lower: tf.sub(centre, radius), upper: tf.add(centre, radius) };
}
