import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { addStep, inWholeLevels } from '../../src/compute/attacks/core/whole-levels.js';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { testEngine } from '../test-engine.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { randomStream } from '../../src/compute/random.js';

const SIDE = 32;
const SIZE = SIDE * SIDE * 3;

describe('a change in whole levels', () => {
  it('fills the ball and stays in it, though every pixel changes by less than half a level', () => {
    const stream = randomStream(1, 'test.levels', 0);
    const original = Float32Array.from({ length: SIZE }, () => stream.integer(256) / 255);
    const change = Float32Array.from({ length: SIZE }, () => stream.normal() / 10);
    for (const radius of [3, 25.5, 100]) {
      const levels = inWholeLevels(original, change, radius).map((value, p) => Math.round(255 * (value - original[p]!)));
      const squares = levels.reduce((sum, level) => sum + level * level, 0);
      expect(squares).toBeLessThanOrEqual(radius ** 2);
      expect(squares).toBeGreaterThan(0.95 * radius ** 2 - 1);
      expect(levels.every((level, p) => level * change[p]! >= 0)).toBe(true);
    }
  });

  it('starts with the pixels that change most', () => {
    const changed = inWholeLevels(Float32Array.of(0.4, 0.4, 0.4, 0.4), Float32Array.of(0.1, -0.3, 0.2, 0.05), 1.5);
    expect([...changed].map((value) => Math.round(255 * value) - 102)).toEqual([0, -1, 1, 0]);
  });
});

describe('a step', () => {
  it('has its length along the gradient, and ends in the ball', () => {
    const change = Float32Array.of(0, 0);
    addStep(change, Float32Array.of(3, 4), 2, 10);
    expect([...change]).toEqual([expect.closeTo(1.2), expect.closeTo(1.6)]);
    addStep(change, Float32Array.of(3, 4), 20, 10);
    expect([...change]).toEqual([expect.closeTo(6), expect.closeTo(8)]);
  });

  it('moves nothing where the gradient is zero', () => {
    const change = Float32Array.of(0.5, 0);
    addStep(change, new Float32Array(2), 2, 10);
    expect([...change]).toEqual([0.5, 0]);
    const none = new Float32Array(2);
    addStep(none, new Float32Array(2), 2, 10);
    expect([...none]).toEqual([0, 0]);
  });
});

describe('gradient attacks in a small L2 ball', async () => {
  const engine = await testEngine();
  afterAll(() => engine.dispose());
  const base = await buildArchitecture('mlp', { seed: 1, inputShape: [SIDE, SIDE, 3], classCount: 2 });
  const stream = randomStream(2, 'test.weights', 0);
  const weights = Float32Array.from({ length: SIZE }, () => stream.normal());
  const norm = Math.hypot(...weights);
  /** Of a linear model, images of grey whose distance from the boundary is this part of ε. */
  const EPSILON = 5 / 255;
  const DISTANCE = 0.2 * EPSILON;
  const grey = weights.reduce((sum, weight) => sum + weight * (128 / 255), 0);
  const model: DifferentiableModel = {
    ...base,
    variables: {},
    fingerprint: 'linear',
    apply: (_, x) => {
      const direction = tf.tensor1d(weights);
      const score = tf.sub(tf.sum(tf.mul(tf.reshape(x, [-1, SIZE]), direction), 1, true), grey - DISTANCE * norm);
      return tf.concat([tf.neg(score), score], 1) as tf.Tensor2D;
    },
  };
  const dataset = inMemory(
    { images: new Uint8Array(2 * SIZE).fill(128), labels: Int32Array.of(1, 1) },
    [SIDE, SIDE, 3],
    ['below', 'above'],
  );

  it.each(['PGD_L2', 'APGD_CE_L2'])('use a budget of which rounding each pixel to the nearest level leaves nothing: %s', async (kind) => {
    const attack = { kind, parameters: { epsilon: EPSILON, steps: 5 } };
    const result = await evaluateShard({ engine, model, dataset, attack, seed: 1, offset: 0, count: 2, keepImages: false });
    expect([...result.cleanPrediction]).toEqual([1, 1]);
    expect([...result.adversarialPrediction]).toEqual([0, 0]);
    expect(result.budgetViolations).toBe(0);
  });
});
