/** Attacks on classical classifiers: descent with density, and exact minimum evasion of trees. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attackTask } from '../../src/compute/attacks/core/task.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { findClassifier, fitClassifier } from '../../src/compute/classifiers/index.js';
import { openDataset } from '../../src/compute/data/index.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { fromStored } from '../../src/compute/distances/index.js';
import { Preparations } from '../../src/compute/evaluation/preparations.js';
import { predict } from '../../src/compute/models/functions.js';
import { DEFAULT_REMOTE_POLICY } from '../../src/compute/models/black-box/remote/endpoint.js';
import { openModel } from '../../src/compute/models/open.js';
import { type AnyModel, DEFAULT_MODEL_LIMITS } from '../../src/compute/models/types.js';
import { type ParameterValues, validateParameters } from '../../src/compute/parameters/index.js';
import { exampleRandom, randomStream } from '../../src/compute/random.js';
import { argmaxRows, type HostTensor } from '../../src/compute/tensors/index.js';
import { testEngine } from '../test-engine.js';
import { distances } from './attack-fixtures.js';
import { failure, temporaryDirectory } from './fixtures.js';

const root = await temporaryDirectory();
const engine = await testEngine();
afterAll(() => engine.dispose());

let mnist: Dataset;
beforeAll(async () => void (mnist = await openDataset({ format: 'mnist', split: 'test' })));
afterAll(() => mnist.close());

let folders = 0;

async function fitted(name: string, given: ParameterValues, dataset = mnist, offset = 1000, sampleCount = 400): Promise<AnyModel> {
  const directory = join(root, String(folders++));
  const parameters = validateParameters(findClassifier(name), given, 'INVALID_TRAINING');
  const { spec, access } = await fitClassifier({ name, parameters, offset, sampleCount, seed: 0 }, dataset, directory);
  return openModel({ format: 'ONNX', directory, spec, access }, { engine, limits: DEFAULT_MODEL_LIMITS, remote: DEFAULT_REMOTE_POLICY });
}

async function attacked(
  model: AnyModel,
  kind: string,
  given: ParameterValues,
  { dataset = mnist, count = 20, judging = 'STORED' as const } = {},
) {
  const { images: levels, labels } = await dataset.read(0, count);
  const images = fromStored(levels, [labels.length, ...dataset.info.imageShape]);
  const definition = findAttack(kind);
  const parameters = validateParameters(definition, given);
  const prepared = await new Preparations().getOrCompute({ engine, model, dataset, definition, parameters, seed: 1 });
  const cleanLogits = await predict(engine, model, images);
  const random = exampleRandom(1, 0);
  const task = attackTask({ engine, model, definition, parameters, images, labels, cleanLogits, random, judging, prepared });
  const { images: adversarial } = await definition.run(task, parameters);
  const before = argmaxRows(cleanLogits);
  const after = argmaxRows(await predict(engine, model, adversarial));
  const right = Array.from(labels.keys()).filter((i) => before[i] === labels[i]);
  return { images, adversarial, right, fooled: right.filter((i) => after[i] !== labels[i]), after, labels };
}

/** Digits of two pixels, whose best change is found by trying all. */
function pairs(): Dataset {
  const stream = randomStream(2, 'pairs', 0);
  const images = Uint8Array.from({ length: 2 * 60 }, () => stream.integer(256));
  const labels = Int32Array.from({ length: 60 }, (_, i) =>
    images[2 * i]! > 120 !== images[2 * i + 1]! > 90 ? 1 : images[2 * i]! > 200 ? 2 : 0,
  );
  const info = {
    imageShape: [1, 2, 1] as const,
    classNames: ['a', 'b', 'c'],
    exampleCount: 60,
    bitDepth: 8 as const,
    fingerprint: 'pairs',
  };
  return {
    info,
    read: (from, count) =>
      Promise.resolve({ images: images.slice(2 * from, 2 * (from + count)), labels: labels.slice(from, from + count) }),
    close: () => Promise.resolve(),
  };
}

describe('regions of trees', () => {
  it.each([
    ['decisionTree', { maximumDepth: 5 }],
    ['randomForest', { trees: 5, maximumDepth: 4 }],
    ['gradientBoosting', { trees: 4, maximumDepth: 2 }],
  ] as const)('%s: no image of 8 bits is nearer that decides otherwise', async (name, given) => {
    const dataset = pairs();
    const model = await fitted(name, given, dataset, 0, 60);
    const all: HostTensor = {
      dtype: 'float32',
      shape: [65536, 1, 2, 1],
      data: Float32Array.from({ length: 2 * 65536 }, (_, i) => (i % 2 === 0 ? (i >> 9) / 255 : ((i >> 1) & 255) / 255)),
    };
    const decided = argmaxRows(await predict(engine, model, all));
    for (const [kind, norm] of [
      ['TREE_REGIONS_LINF', 'LINF'],
      ['TREE_REGIONS_L2', 'L2'],
    ] as const) {
      const { images, adversarial, right, fooled, labels } = await attacked(model, kind, {}, { dataset, count: 30 });
      expect(fooled).toEqual(right);
      const found = distances(norm, images, adversarial);
      for (const i of right) {
        const [x, y] = [images.data[2 * i]!, images.data[2 * i + 1]!];
        let least = Infinity;
        for (const [at, label] of decided.entries()) {
          if (label === labels[i]) continue;
          const [a, b] = [Math.abs(all.data[2 * at]! - x), Math.abs(all.data[2 * at + 1]! - y)];
          least = Math.min(least, norm === 'L2' ? Math.hypot(a, b) : Math.max(a, b));
        }
        expect(found[i]).toBeCloseTo(least, 5);
      }
    }
  });

  it('are never further away than what HopSkipJump finds', async () => {
    const model = await fitted('gradientBoosting', { trees: 5, maximumDepth: 2, pixelShare: 0.2 });
    const exact = await attacked(model, 'TREE_REGIONS_L2', {});
    const searched = await attacked(model, 'HOP_SKIP_JUMP_L2', { queries: 1000 });
    expect(exact.fooled).toEqual(exact.right);
    const [least, found] = [distances('L2', exact.images, exact.adversarial), distances('L2', searched.images, searched.adversarial)];
    for (const i of searched.fooled) expect(least[i]).toBeLessThanOrEqual(found[i]! + 1e-5);
  });

  it('reach a target', async () => {
    const model = await fitted('decisionTree', { maximumDepth: 6 });
    const { after, right, labels } = await attacked(model, 'TREE_REGIONS_LINF', { targetClass: 3 });
    for (const i of right) if (labels[i] !== 3) expect(after[i]).toBe(3);
  });

  it('that are too many, or of no trees, are refused, and decision attacks recommended', async () => {
    const forest = await fitted('randomForest', { trees: 20 });
    expect(await failure(attacked(forest, 'TREE_REGIONS_L2', { regions: 50 }))).toMatchObject({
      code: 'INVALID_ATTACK',
      message: expect.stringMatching(/more than 50 regions.*HOP_SKIP_JUMP/s),
    });
    const neighbours = await fitted('nearestNeighbours', {});
    expect(await failure(attacked(neighbours, 'TREE_REGIONS_L2', {}))).toMatchObject({ code: 'INVALID_ATTACK', path: ['kind'] });
  });
});

describe('descent with density', () => {
  it.each([
    ['BIGGIO_L1', 20, 'L1'],
    ['BIGGIO_L2', 2, 'L2'],
  ] as const)('%s fools a support vector machine within its budget', async (kind, epsilon, norm) => {
    const model = await fitted('svm', {});
    const { images, adversarial, right, fooled } = await attacked(model, kind, { epsilon, steps: 40 });
    for (const length of distances(norm, images, adversarial)) expect(length).toBeLessThanOrEqual(epsilon + 1e-3);
    expect(right.length).toBeGreaterThan(10);
    expect(fooled.length / right.length).toBeGreaterThan(0.4);
  });

  it('ends where the other class is denser than descent without density does', async () => {
    const model = await fitted('svm', {});
    const { images, labels } = await mnist.read(mnist.info.exampleCount - 100, 100);
    const known = fromStored(images, [100, 28, 28, 1]).data;
    const threes = Array.from(labels.keys()).filter((i) => labels[i] === 3);
    const density = async (lambda: number) => {
      const given = { epsilon: 5, steps: 60, targetClass: 3, lambda, bandwidth: 20 };
      const { adversarial, right } = await attacked(model, 'BIGGIO_L2', given);
      const densities = right.flatMap((i) =>
        threes.map((m) => {
          let sum = 0;
          for (let p = 0; p < 784; p++) sum += Math.abs(adversarial.data[784 * i + p]! - known[784 * m + p]!);
          return Math.exp(-sum / 20);
        }),
      );
      return densities.reduce((sum, value) => sum + value, 0) / densities.length;
    };
    expect(await density(1e4)).toBeGreaterThan(1.2 * (await density(0)));
  });
});
