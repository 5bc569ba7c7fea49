import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { L1, sparseSigns } from '../../src/compute/attacks/norms/l1.js';
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
  it.each([0.1, 1, 8])('projects to the nearest point of the intersection of the ball and the pixel range, ε = %f', async (epsilon) => {
    // Changes far beyond the range, of pixels near its ends and in its middle.
    const original = noise(N, SHAPE, 2);
    const x = changed(original, 0.6);
    const inputs = { x, original, epsilon: epsilons(epsilon) };
    const projected = await compute('project.nearest', (t) => L1.project(t['x']!, t['original']!, t['epsilon']!), inputs);
    for (let i = 0; i < N; i++) {
      const from = Array.from(original.data.subarray(i * SIZE, (i + 1) * SIZE));
      const to = Array.from(x.data.subarray(i * SIZE, (i + 1) * SIZE));
      // The minimum over each pixel of (d - δ)² / 2 + θ |d| inside the range, by brute force; θ by bisection until Σ |d| = ε.
      const nearest = (threshold: number) =>
        from.map((value, p) => {
          const change = to[p]! - value;
          const cost = (d: number) => (d - change) ** 2 / 2 + threshold * Math.abs(d);
          const candidates = [0, -value, 1 - value, change - threshold, change + threshold].filter((d) => d >= -value && d <= 1 - value);
          return candidates.reduce((best, d) => (cost(d) < cost(best) ? d : best), 0);
        });
      const lengthOf = (changes: number[]) => changes.reduce((sum, d) => sum + Math.abs(d), 0);
      let [low, high] = [0, 4];
      if (lengthOf(nearest(0)) <= epsilon) high = 0;
      for (let halving = 0; halving < 50; halving++) {
        const middle = (low + high) / 2;
        if (lengthOf(nearest(middle)) > epsilon) low = middle;
        else high = middle;
      }
      nearest(high).forEach((d, p) => expect(projected.data[i * SIZE + p]).toBeCloseTo(from[p]! + d, 4));
    }
  });

  it('projects onto the end of the budget, where clipping after the ball would leave a part of it unused', async () => {
    const original = noise(N, SHAPE, 2);
    const inputs = { x: changed(original, 0.6), original, epsilon: epsilons(2) };
    const projected = await compute('project.end', (t) => L1.project(t['x']!, t['original']!, t['epsilon']!), inputs);
    for (const distance of distances('L1', original, projected)) expect(distance).toBeCloseTo(2, 4);
  });

  it('gives equal changes to the share of the pixels with the largest gradients', async () => {
    const gradient = changed({ ...noise(N, SHAPE), data: new Float32Array(N * SIZE) }, 1);
    const share: HostTensor = { ...epsilons(0), data: Float32Array.from({ length: N }, (_, i) => [0, 0.1, 0.5, 1][i % 4]!) };
    const steps = await compute('sparse.signs', (t) => sparseSigns(t['gradient']!, t['share']!), { gradient, share });
    for (let i = 0; i < N; i++) {
      const row = Array.from(gradient.data.subarray(i * SIZE, (i + 1) * SIZE));
      // As the authors' code: the value at floor((1 - share) · 36) of the sorted sizes, and all that are as large.
      const at = Math.min(SIZE - 1, Math.floor((1 - share.data[i]!) * SIZE));
      const smallest = row.map(Math.abs).sort((a, b) => a - b)[at]!;
      const count = row.filter((value) => Math.abs(value) >= smallest).length;
      expect(count).toBe(SIZE - at);
      row.forEach((value, p) =>
        expect(steps.data[i * SIZE + p]).toBeCloseTo(Math.abs(value) >= smallest ? Math.sign(value) / count : 0, 6),
      );
    }
  });

  it('keeps pixels inside their range', async () => {
    const x = { dtype: 'float32' as const, shape: [1, 2, 2, 1], data: Float32Array.of(1, 0, 0.5, 0.5) };
    const gradient = { ...x, data: Float32Array.of(9, -9, 1, -2) };
    const direction = await compute('steepest.range', (t) => L1.steepest(t['gradient']!, t['x']!), { gradient, x });
    expect([...direction.data]).toEqual([0, 0, 0, -1]);
  });
});
