/** Models whose classes are those of a data set: in another order, fewer, or coarser ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateShard } from '../../src/compute/evaluation/index.js';
import type { Engine } from '../../src/compute/engine/index.js';
import { inMemory } from '../../src/compute/data/index.js';
import {
  type AnyModel,
  buildArchitecture,
  classMapByNames,
  compileWithModel,
  type ModelSpec,
  predict,
  saveLayersModel,
} from '../../src/compute/models/index.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/index.js';
import { openModel } from '../../src/compute/models/open.js';
import { DEFAULT_MODEL_LIMITS, type DifferentiableModel } from '../../src/compute/models/types.js';
import type { HostTensor } from '../../src/compute/tensors/index.js';
import { testEngine } from '../test-engine.js';
import { storedNoise } from './attack-fixtures.js';

const SHAPE = [6, 5, 1] as const;
const CLASSES = 6;
let engine: Engine;
let directory: string;
let images: HostTensor;

beforeAll(async () => {
  engine = await testEngine();
  directory = await mkdtemp(join(tmpdir(), 'class-map-'));
  await saveLayersModel(await buildArchitecture('mlp', { seed: 3, inputShape: SHAPE, classCount: CLASSES, width: 0.25 }), directory);
  images = storedNoise(8, [...SHAPE]);
});
afterAll(async () => {
  await engine.dispose();
  await rm(directory, { recursive: true });
});

const opened = (spec: Partial<ModelSpec> = {}, access?: 'SCORE' | 'DECISION'): Promise<AnyModel> =>
  openModel({ directory, spec, access }, { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY });
const scoresOf = async (model: AnyModel) => {
  const { data, shape } = await predict(engine, model, images);
  return Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);
};
const softmax = (row: readonly number[]) => {
  const highest = Math.max(...row);
  const powers = row.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, one) => sum + one, 0);
  return powers.map((one) => one / total);
};

describe.each([undefined, 'SCORE'] as const)('a model with access %s', (access) => {
  it('has its scores in the order of the map, and leaves out what is none', async () => {
    const [plain, mapped] = [await opened({}, access), await opened({ classMap: [2, 0, -1, 3, 1, -1] }, access)];
    expect(mapped.spec).toMatchObject({ classCount: 4, classMap: [2, 0, -1, 3, 1, -1] });
    expect(mapped.fingerprint).not.toBe(plain.fingerprint);
    const [before, after] = [await scoresOf(plain), await scoresOf(mapped)];
    for (const [i, row] of after.entries())
      for (const [to, from] of [1, 4, 0, 3].entries()) expect(row[to]).toBeCloseTo(before[i]![from]!, 4);
  });

  it('adds up the probabilities of classes that make one', async () => {
    const [before, after] = [
      await scoresOf(await opened({}, access)),
      await scoresOf(await opened({ classMap: [0, 0, 1, 2, 1, 0] }, access)),
    ];
    for (const [i, row] of after.entries()) {
      const p = softmax(before[i]!);
      const expected = [p[0]! + p[1]! + p[5]!, p[2]! + p[4]!, p[3]!];
      for (const [to, probability] of softmax(row).entries()) expect(probability).toBeCloseTo(expected[to]!, 4);
    }
  });
});

it('its gradient is that of finite differences', async () => {
  const model = (await opened({ classMap: [0, 0, 1, 2, 1, 0] })) as DifferentiableModel;
  const weights = [0.7, -1.3, 0.4];
  const compiled = await compileWithModel(
    engine,
    model,
    'slope',
    { images: { dtype: 'float32', shape: SHAPE } },
    (scores, { images: x }) => ({
      slope: tf.grad((at) => tf.sum(tf.mul(scores(at as tf.Tensor4D), tf.tensor1d(weights))))(x!),
    }),
  );
  const slope = (await compiled.run({ images })).slope!.data;
  const value = async (pixel: number, step: number) => {
    const data = Float32Array.from(images.data);
    data[pixel]! += step;
    const { data: scores } = await predict(engine, model, { ...images, data });
    return weights.reduce((sum, weight, c) => sum + weight * scores[c]!, 0);
  };
  for (const pixel of [0, 7, 13, 29]) {
    const difference = ((await value(pixel, 0.001)) - (await value(pixel, -0.001))) / 0.002;
    expect(slope[pixel]).toBeCloseTo(difference, 2);
  }
});

it('attacks, targets and predictions are those of the same network on the same data with other labels', async () => {
  const map = [3, 5, 0, 1, 4, 2];
  const [plain, mapped] = [await opened(), await opened({ classMap: map })];
  const levels = Uint8Array.from(images.data, (value) => Math.round(255 * value));
  const labels = Int32Array.from([0, 1, 2, 3, 4, 5, 0, 1]);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const run = (model: AnyModel, own: Int32Array, attack: { kind: string; parameters: object }) =>
    evaluateShard({
      ...{ engine, model, seed: 1, offset: 0, count: 8, keepImages: true },
      dataset: inMemory({ images: levels, labels: own }, SHAPE, names),
      attack: attack as never,
    });
  for (const attack of [
    { kind: 'PGD', parameters: { epsilon: 0.1, steps: 3 } },
    { kind: 'ITER_LL', parameters: { epsilon: 0.1 } },
    { kind: 'SQUARE_LINF', parameters: { epsilon: 0.1, queries: 20 } },
  ]) {
    const one = await run(plain, labels, attack);
    const other = await run(
      mapped,
      labels.map((label) => map[label]!),
      attack,
    );
    expect(other.images).toEqual(one.images);
    expect([...other.adversarialPrediction]).toEqual([...one.adversarialPrediction].map((label) => map[label]));
    expect([...other.cleanPrediction]).toEqual([...one.cleanPrediction].map((label) => map[label]));
  }
});

it.each([
  [{ classMap: [0, 1, 2] }, /classCount|classes are given where the network has 6/],
  [{ classMap: [0, 1, 1, 3, 3, 0] }, /no class of the network is mapped to class 2/],
  [{ classMap: [0, 1, 1, 0, 0, 4], classCount: 3 }, /class 5 of the network is mapped to 4/],
  [{ classMap: [0, 1, 1, 0, 0, 1], classNames: ['one'] }, /1 class names are given where there are 2/],
])('refuses %j', async (spec, message) => {
  await expect(opened(spec)).rejects.toThrow(message);
});

it('refuses to leave classes out of a model that returns the predicted one alone', async () => {
  await expect(opened({ classMap: [0, 1, -1, 0, 0, 1] }, 'DECISION')).rejects.toThrow(/there is no second best/);
});

describe('the map by names', () => {
  it('finds synsets, labels in any case, and one of several names; the rest is left out', () => {
    expect(
      classMapByNames(['background', 'Tinca_tinca', 'goldfish', 'n01491361'], ['goldfish', 'tench, Tinca tinca', 'N01491361']),
    ).toEqual([-1, 1, 0, 2]);
  });

  it('takes no name that two classes have', () => {
    expect(classMapByNames(['crane', 'crane bird', 'x'], ['crane bird, crane', 'x'])).toEqual([0, 0, 1]);
    expect(() => classMapByNames(['crane'], ['a, crane', 'b, crane'])).toThrow(/"a, crane", "b, crane"/);
  });

  it('says what the network has not', () => {
    expect(() => classMapByNames(['cat'], ['cat', 'dog', 'frog'])).toThrow(/none of its class names is that of "dog", "frog"/);
  });
});
