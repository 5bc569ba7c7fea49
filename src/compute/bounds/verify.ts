/** Classes that no image of an L∞ ball changes, by bounds of the network over it. @module */
import * as tf from '@tensorflow/tfjs-core';
import { computeOn } from '../engine/index.js';
import { differentiable, type AnyModel } from '../models/index.js';
import { crownBounds, lowerBoundOf } from './crown.js';
import { type Interval, intervals } from './intervals.js';
import { type BoundedNetwork, boundedNetwork } from './network.js';

/** IBP: intervals alone. CROWN_IBP: the margins of the classes by CROWN, all else by intervals. CROWN: everything by CROWN. */
export const BOUND_METHODS = ['IBP', 'CROWN_IBP', 'CROWN'] as const;
export type BoundMethod = (typeof BOUND_METHODS)[number];

/** The largest radius that is tried, as a fraction of the pixel range, and how often the range is halved. */
const MOST = 0.5;
const HALVINGS = 11;

const CPU = 'cpu';

/** Bounds for one model, of which the graph is read once. */
export class Verifier {
  constructor(
    private readonly model: AnyModel,
    private readonly method: BoundMethod,
  ) {}

  /**
   * The class of an image, and the largest radius found for which the bounds show that no image of the ball within [0, 1] has another.
   * @param pixels of one image, in [0, 1]. @throws ComputeError UNSUPPORTED_OPERATION or LIMIT_EXCEEDED.
   */
  certify(pixels: Float32Array): { prediction: number; radius: number } {
    return computeOn(CPU, () => {
      const network = boundedNetwork(differentiable(this.model));
      const image = tf.tensor(pixels, [...network.inputShape]);
      const scores = intervals(network, { lower: image, upper: image }).get(network.output)!;
      const prediction = tf.argMax(scores.lower, 1).dataSync()[0]!;
      const holds = (radius: number) => tf.tidy(() => leastMargin(network, box(image, radius), prediction, this.method) > 0);
      let [low, high] = [0, MOST];
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = (low + high) / 2;
        if (holds(middle)) low = middle;
        else high = middle;
      }
      return { prediction, radius: low };
    });
  }
}

/** Lower and upper bounds of the scores over a ball, for tests and for who wants them. */
export function scoreBounds(
  model: AnyModel,
  pixels: Float32Array,
  radius: number,
  method: BoundMethod,
): { lower: Float32Array; upper: Float32Array } {
  return computeOn(CPU, () => {
    const network = boundedNetwork(differentiable(model));
    const around = box(tf.tensor(pixels, [...network.inputShape]), radius);
    const bounds = method === 'CROWN' ? crownBounds(network, around) : intervals(network, around);
    const { lower, upper } = bounds.get(network.output)!;
    if (method === 'IBP') return { lower: Float32Array.from(lower.dataSync()), upper: Float32Array.from(upper.dataSync()) };
    const of = (sign: number, k: number) => sign * lowerBoundOf(network, bounds, network.output, weightsOf(network, [[k, sign]]));
    const classes = Array.from({ length: network.classCount }, (_, k) => k);
    return { lower: Float32Array.from(classes, (k) => of(1, k)), upper: Float32Array.from(classes, (k) => of(-1, k)) };
  });
}

const box = (image: tf.Tensor, radius: number): Interval => ({
  lower: tf.maximum(tf.sub(image, radius), 0),
  upper: tf.minimum(tf.add(image, radius), 1),
});

function weightsOf({ classCount }: BoundedNetwork, entries: readonly (readonly [number, number])[]): tf.Tensor {
  const weights = new Float32Array(classCount);
  for (const [k, weight] of entries) weights[k] = weight;
  return tf.tensor(weights, [1, classCount]);
}

/** The least by which the score of a class exceeds any other's. */
function leastMargin(network: BoundedNetwork, around: Interval, label: number, method: BoundMethod): number {
  const ofIntervals = intervals(network, around);
  const others = Array.from({ length: network.classCount }, (_, k) => k).filter((k) => k !== label);
  if (method === 'IBP') {
    const { lower, upper } = ofIntervals.get(network.output)!;
    const [low, high] = [lower.dataSync(), upper.dataSync()];
    return Math.min(...others.map((k) => low[label]! - high[k]!));
  }
  const bounds = method === 'CROWN' ? crownBounds(network, around) : ofIntervals;
  let most = Infinity;
  for (const k of others) {
    most = Math.min(
      most,
      lowerBoundOf(
        network,
        bounds,
        network.output,
        weightsOf(network, [
          [label, 1],
          [k, -1],
        ]),
      ),
    );
    if (most <= 0) break;
  }
  return most;
}
