/** Perceptual PGD: the distance by the layers of a network, and images within it. */
import { readFile } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { perceptualFeatures } from '../../src/compute/attacks/semantic/perceptual-network.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { compileWithModel } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { levelsOfFractions } from '../../src/compute/tensors/levels.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { sized } from '../sizes.js';
import { noise } from './fixtures.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = 8;
const evaluate = (parameters: ParameterValues, sources?: readonly DifferentiableModel[]) =>
  evaluateShard({
    ...{ engine, model, dataset, sources, attack: { kind: 'PPGD', parameters } },
    ...{ seed: 1, offset: 0, count: COUNT, keepImages: true },
  });
const fooled = ({ labels, cleanPrediction, adversarialPrediction }: ShardResult) =>
  labels.filter((label, i) => cleanPrediction[i] === label && adversarialPrediction[i] !== label).length;

async function rowsOf(network: DifferentiableModel, x: HostTensor): Promise<HostTensor> {
  const image = { dtype: 'float32', shape: x.shape.slice(1) } as const;
  const compiled = await compileWithModel(engine, network, 'rows', { x: image }, (of, { x: at }) => ({ y: of(at as tf.Tensor4D) }));
  return (await compiled.run({ x }))['y']!;
}

describe('the perceptual distance', () => {
  it('has a row of length 1 for each layer, over its pixels', async () => {
    // conv1, pool1, conv2 and pool2 each follow one of another shape; flatten and hidden have no height and width.
    const rows = await rowsOf(perceptualFeatures(model), noise(2, [28, 28, 1]));
    const size = rows.shape[1]!;
    for (const i of [0, 1]) {
      const squares = [...rows.data.slice(i * size, (i + 1) * size)].reduce((sum, value) => sum + value * value, 0);
      expect(squares).toBeGreaterThan(3);
      expect(squares).toBeLessThanOrEqual(4 + 1e-3);
    }
  });

  it('takes the last of layers of one shape, such as those of the blocks of a stage', async () => {
    const residual = await buildArchitecture('resnet-20', { seed: 1, inputShape: [16, 16, 3], classCount: 10 });
    const rows = await rowsOf(perceptualFeatures(residual), noise(1, [16, 16, 3]));
    // Three stages of 16, 32 and 64 channels.
    expect(rows.shape[1]).toBe(16 * 16 * 16 + 8 * 8 * 32 + 4 * 4 * 64);
  });

  it('takes layers without a height and width as one pixel each, where there are no others', async () => {
    const flat = await buildArchitecture('mlp', { seed: 1, inputShape: [28, 28, 1], classCount: 10 });
    const rows = await rowsOf(perceptualFeatures(flat), noise(1, [28, 28, 1]));
    const lengths = new Set(flat.inner!.names.map((_, layer) => flat.inner!.shapeOf(layer).channels));
    expect(rows.shape[1]).toBe([...lengths].reduce((sum, channels) => sum + channels, 0));
    expect([...rows.data].reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(lengths.size, 3);
  });

  it('is refused where no layers of a network are known', async () => {
    const flat = await buildArchitecture('mlp', { seed: 1, inputShape: [28, 28, 1], classCount: 10 });
    expect(() => perceptualFeatures({ ...flat, inner: undefined })).toThrow(/no known layers/);
  });
});

describe('perceptual PGD', () => {
  it("fools as many images as the authors' code on the same weights, give or take one", async () => {
    const { fooled: theirs } = JSON.parse(await readFile('tests/reference/ppgd.json', 'utf8')) as { fooled: Record<string, number[]> };
    for (const bound of sized([0.4], [0.2, 0.3, 0.4, 0.5, 0.6, 0.8])) {
      const attack = { kind: 'PPGD', parameters: { bound, steps: 10 } };
      const found = fooled(await evaluateShard({ engine, model, dataset, attack, seed: 1, offset: 0, count: 20, keepImages: false }));
      const counts = theirs[String(bound)]!;
      expect(found, String(bound)).toBeGreaterThanOrEqual(Math.min(...counts) - 1);
      expect(found, String(bound)).toBeLessThanOrEqual(Math.max(...counts) + 1);
    }
  });

  it('keeps stored images within its bound, as the layers measure it, and fools more of them in a larger ball', async () => {
    const { images } = await dataset.read(0, COUNT);
    const features = perceptualFeatures(model);
    const shape = [COUNT, 28, 28, 1];
    const of = (levels: ArrayLike<number>) =>
      rowsOf(features, { dtype: 'float32', shape, data: Float32Array.from(levels, (v) => v / 255) });
    const clean = await of(images);
    const counts: number[] = [];
    for (const bound of [0.1, 0.8]) {
      const result = await evaluate({ bound, steps: 8 });
      const changed = await of(result.images!);
      const size = changed.shape[1]!;
      for (let i = 0; i < COUNT; i++) {
        let squares = 0;
        for (let at = i * size; at < (i + 1) * size; at++) squares += (changed.data[at]! - clean.data[at]!) ** 2;
        expect(Math.sqrt(squares)).toBeLessThanOrEqual(bound + 1e-4);
        expect(result.attackDistance[i]).toBeCloseTo(Math.sqrt(squares), 3);
      }
      counts.push(fooled(result));
    }
    expect(counts[0]).toBeLessThan(counts[1]!);
    expect(counts[1]).toBeGreaterThan(COUNT / 2);
  });

  it('takes the distance of another network where one is named, and depends on no batch', async () => {
    const other = await buildArchitecture('mnist-small-cnn', { seed: 3, inputShape: [28, 28, 1], classCount: 10 });
    const given = { bound: 0.5, steps: 4 };
    const [own, supplied] = [await evaluate(given), await evaluate({ ...given, sourceModelIds: ['other'] }, [other])];
    expect(levelsOfFractions(own.images!, 255)).not.toEqual(levelsOfFractions(supplied.images!, 255));
    const part = await evaluateShard({
      ...{ engine, model, dataset, attack: { kind: 'PPGD', parameters: given } },
      ...{ seed: 1, start: 0, offset: 4, count: 4, keepImages: true },
    });
    expect([...part.images!]).toEqual([...own.images!.slice(4 * 784)]);
    expect([...part.queries]).toEqual([...own.queries.slice(4)]);
    await expect(evaluate({ ...given, sourceModelIds: ['other'] })).rejects.toMatchObject({ code: 'INVALID_ATTACK' });
  });
});
