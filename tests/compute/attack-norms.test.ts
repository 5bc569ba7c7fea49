import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { L1 } from '../../src/compute/attacks/norms/l1.js';
import { L2 } from '../../src/compute/attacks/norms/l2.js';
import { LINF } from '../../src/compute/attacks/norms/linf.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { randomStream } from '../../src/compute/random.js';
import { distances } from './attack-fixtures.js';
import { noise } from './fixtures.js';

const SHAPE = [6, 6, 1];
const SIZE = 36;
const N = 40;
const norms = [LINF, L2, L1].map((norm) => [norm.norm, norm] as const);
const engines = await Promise.all([createEngine({ engine: 'eager:cpu' }), testEngine({ microBatch: 8 })]);

/** Applies a function of norms on both engines; the results must agree. */
async function compute(
  name: string,
  fn: (inputs: Record<string, tf.Tensor>) => tf.Tensor,
  inputs: Record<string, HostTensor>,
): Promise<HostTensor> {
  const declared = Object.entries(inputs).map(([key, { shape }]) => [key, { dtype: 'float32', shape: shape.slice(1) }] as const);
  const spec = {
    name,
    fingerprint: '',
    inputs: Object.fromEntries(declared),
    fn: (tensors: Record<string, tf.Tensor>) => ({ y: fn(tensors) }),
  };
  const [reference, compiled] = await Promise.all(engines.map(async (engine) => (await (await engine.batched(spec)).run(inputs)).y!));
  reference!.data.forEach((value, at) => expect(compiled!.data[at]).toBeCloseTo(value, 5));
  return compiled!;
}

const epsilons = (epsilon: number): HostTensor => ({ dtype: 'float32', shape: [N, 1, 1, 1], data: new Float32Array(N).fill(epsilon) });
const changed = (original: HostTensor, scale: number): HostTensor => {
  const stream = randomStream(5, 'test.change', 0);
  return { ...original, data: Float32Array.from(original.data, (value) => value + scale * stream.normal()) };
};

describe.each(norms)('%s', (name, norm) => {
  const original = noise(N, SHAPE, 2);
  const project = (x: HostTensor, epsilon: number) =>
    compute(`project.${name}`, (t) => norm.project(t['x']!, t['original']!, t['epsilon']!), { x, original, epsilon: epsilons(epsilon) });

  it.each([0, 0.05, 0.4, 3])('projects into the ball of radius %f and the pixel range', async (epsilon) => {
    const projected = await project(changed(original, 0.5), epsilon);
    for (const distance of distances(name, original, projected)) expect(distance).toBeLessThanOrEqual(epsilon + 1e-5);
    for (const value of projected.data) expect(value >= 0 && value <= 1).toBe(true);
  });

  it('leaves changes inside the ball unchanged', async () => {
    const inside = await project(changed(original, 0.001), 100);
    changed(original, 0.001).data.forEach((value, at) => expect(inside.data[at]).toBeCloseTo(Math.min(1, Math.max(0, value)), 6));
  });

  it('draws random changes from the unit ball', () => {
    const lengths = Array.from({ length: 200 }, (_, i) => {
      const change = norm.randomChange(randomStream(1, 'test.ball', i), SIZE);
      const zeros = { dtype: 'float32' as const, shape: [1, SIZE], data: new Float32Array(SIZE) };
      return distances(name, zeros, { ...zeros, data: change })[0]!;
    });
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1 + 1e-6);
    // In 36 dimensions nearly all of a ball is near its surface.
    expect(lengths.reduce((sum, length) => sum + length, 0) / 200).toBeGreaterThan(0.94);
  });

  it('has steepest ascent directions of length 1, of tiny gradients too, and of length 0 for a zero gradient', async () => {
    for (const scale of [1, 1e-25]) {
      const gradient = { ...original, data: changed(original, 1).data.map((value) => (value - 0.5) * scale) as Float32Array };
      const direction = await compute(`steepest.${name}`, (t) => norm.steepest(t['gradient']!, t['x']!), { gradient, x: original });
      const zeros = { ...direction, data: new Float32Array(direction.data.length) };
      for (const length of distances(name, zeros, direction)) expect(length).toBeCloseTo(1, 5);
      const slope = (direction.data as Float32Array).reduce((sum, value, at) => sum + (value * gradient.data[at]!) / scale, 0);
      expect(slope).toBeGreaterThan(0.5 * N);
      const still = await compute(`steepest.${name}`, (t) => norm.steepest(t['gradient']!, t['x']!), { gradient: zeros, x: original });
      expect(still.data.every((value) => value === 0)).toBe(true);
    }
  });
});

describe('L1', () => {
  it('projects to the nearest point of the ball', async () => {
    // Far from the ends of the range, so that only the ball matters. The nearest point is a soft threshold, found here by bisection.
    const original = { ...noise(N, SHAPE, 2), data: new Float32Array(N * SIZE).fill(0.5) };
    const x = changed(original, 0.1);
    const epsilon = 0.7;
    const inputs = { x, original, epsilon: epsilons(epsilon) };
    const projected = await compute('project.nearest', (t) => L1.project(t['x']!, t['original']!, t['epsilon']!), inputs);
    for (let i = 0; i < N; i++) {
      const change = Array.from(x.data.subarray(i * SIZE, (i + 1) * SIZE), (value) => value - 0.5);
      let [low, high] = [0, 1];
      for (let halving = 0; halving < 50; halving++) {
        const threshold = (low + high) / 2;
        const length = change.reduce((sum, value) => sum + Math.max(0, Math.abs(value) - threshold), 0);
        if (length > epsilon) low = threshold;
        else high = threshold;
      }
      change.forEach((value, p) => {
        expect(projected.data[i * SIZE + p]).toBeCloseTo(0.5 + Math.sign(value) * Math.max(0, Math.abs(value) - high), 4);
      });
    }
  });

  it('keeps pixels inside their range', async () => {
    const x = { dtype: 'float32' as const, shape: [1, 2, 2, 1], data: Float32Array.of(1, 0, 0.5, 0.5) };
    const gradient = { ...x, data: Float32Array.of(9, -9, 1, -2) };
    const direction = await compute('steepest.range', (t) => L1.steepest(t['gradient']!, t['x']!), { gradient, x });
    expect([...direction.data]).toEqual([0, 0, 0, -1]);
  });
});
