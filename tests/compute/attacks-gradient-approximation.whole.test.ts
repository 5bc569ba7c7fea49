/** BPDA and EOT: attacks by gradient on a surrogate for a model whose own gradient misleads. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { averaged } from '../../src/compute/attacks/composite/eot.js';
import { straightThrough } from '../../src/compute/attacks/composite/bpda.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { fromStored, toLevels } from '../../src/compute/distances/stored-image.js';
import { compileWithModel, predict } from '../../src/compute/models/functions.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { loadOnnxModel } from '../../src/compute/models/onnx/index.js';
import { onnxFile } from '../../src/compute/models/save-onnx.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { attackBatch } from './attack-fixtures.js';
import { withNoise, writeOnnx } from './onnx-files.js';

let engine: Engine;
let dataset: Dataset;
let model: DifferentiableModel;

beforeAll(async () => {
  [engine, dataset, model] = await Promise.all([
    testEngine(),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
  ]);
});

afterAll(() => Promise.all([engine.dispose(), dataset.close()]));

const COUNT = 48;
const evaluate = (attacked: DifferentiableModel, kind: string, parameters: ParameterValues) =>
  evaluateShard({ engine, model: attacked, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: true });
const successes = ({ cleanPrediction, adversarialPrediction, labels }: ShardResult) =>
  labels.filter((label, i) => cleanPrediction[i] === label && adversarialPrediction[i] !== label).length;

const PGD = { kind: 'PGD', parameters: { epsilon: 0.2, steps: 10 } };

/** The model behind a function of the image. */
const behind = (name: string, fn: (x: tf.Tensor4D) => tf.Tensor): DifferentiableModel => ({
  ...model,
  fingerprint: `${model.fingerprint}.${name}`,
  apply: (variables, x) => model.apply(variables, fn(x) as tf.Tensor4D),
});

describe('BPDA', () => {
  it.each([
    ['rounding to a few levels', (x: tf.Tensor4D) => tf.div(tf.round(tf.mul(x, 4)), 4)],
    ['a floor', (x: tf.Tensor4D) => tf.div(tf.floor(tf.mul(x, 4.99)), 4)],
    ['a ceiling', (x: tf.Tensor4D) => tf.div(tf.ceil(tf.mul(x, 4)), 4)],
    ['a step', (x: tf.Tensor4D) => tf.step(tf.sub(x, 0.15))],
    ['a sign', (x: tf.Tensor4D) => tf.div(tf.add(tf.sign(tf.sub(x, 0.15)), 1), 2)],
    ['a cast to whole numbers', (x: tf.Tensor4D) => tf.div(tf.cast(tf.cast(tf.mul(x, 4.99), 'int32'), 'float32'), 4)],
  ])('attacks through %s, which hides the gradient', async (name, fn) => {
    const hidden = behind(name, fn);
    const through = successes(await evaluate(hidden, 'BPDA', { attacks: [PGD] }));
    // A cast to whole numbers passes the gradient on by itself.
    if (!name.startsWith('a cast')) expect(through).toBeGreaterThan(successes(await evaluate(hidden, 'PGD', PGD.parameters)) + 10);
    expect(through).toBeGreaterThan(12);
  });

  it('attacks through comparisons, whose gradient is zero', async () => {
    const hidden = behind('comparison', (x) => tf.cast(tf.greater(x, 0.15), 'float32'));
    const { images, labels } = await dataset.read(0, COUNT);
    const pixels = fromStored(images, [COUNT, 28, 28, 1]);
    const batch = { engine, model: hidden, images: pixels, labels, cleanLogits: await predict(engine, hidden, pixels) };
    const wrongUnder = async (kind: string, parameters: object) => {
      const { images: adversarial } = await attackBatch(batch, kind, { ...parameters });
      return argmaxRows(await predict(engine, hidden, adversarial)).filter((predicted, i) => predicted !== labels[i]).length;
    };
    const passing = await wrongUnder('BPDA', { attacks: [PGD] });
    expect(passing).toBeGreaterThan(12);
    expect(await wrongUnder('PGD', PGD.parameters)).toBeLessThan(passing);
  });

  it('does not change the gradients of other models, nor the output of this one', async () => {
    const hidden = behind('left', (x) => tf.round(x));
    const { images } = await dataset.read(0, 4);
    const pixels = fromStored(images, [4, 28, 28, 1]);
    const output = await predict(engine, straightThrough(hidden), pixels);
    expect(output.data).toEqual((await predict(engine, hidden, pixels)).data);
    await tf.setBackend('cpu');
    expect(
      Array.from(
        tf
          .grad((x) => tf.sum(tf.round(x)))(tf.tensor1d([0.2, 0.7]))
          .dataSync(),
      ),
    ).toEqual([0, 0]);
  });

  it('is no weaker than the attack alone on a model without masked gradients', async () => {
    const plain = await evaluate(model, 'PGD', PGD.parameters);
    const through = await evaluate(model, 'BPDA', { attacks: [PGD] });
    expect(through.adversarialPrediction).toEqual(plain.adversarialPrediction);
  });
});

describe('EOT', () => {
  const transformations = { samples: 8, shift: 2, noise: 0.1 };

  it('finds perturbations that survive transformations that it has not seen', async () => {
    const [plain, expected] = [
      await evaluate(model, 'PGD', PGD.parameters),
      await evaluate(model, 'EOT', { attacks: [PGD], ...transformations }),
    ];
    const surviving = async ({ images, labels }: ShardResult) => {
      const pixels = fromStored(toLevels(images!), [COUNT, 28, 28, 1]);
      let wrong = 0;
      for (let seed = 1; seed <= 5; seed++) {
        const once = averaged(model, { ...transformations, samples: 1, seed });
        wrong += argmaxRows(await predict(engine, once, pixels)).filter((predicted, i) => predicted !== labels[i]).length;
      }
      return wrong / 5;
    };
    expect(await surviving(expected)).toBeGreaterThan((await surviving(plain)) + 5);
  });

  it('counts every pass of the model', async () => {
    const [plain, expected] = [
      await evaluate(model, 'PGD', PGD.parameters),
      await evaluate(model, 'EOT', { attacks: [PGD], ...transformations }),
    ];
    expect(Math.max(...expected.gradients)).toBe(8 * Math.max(...plain.gradients));
  });

  it('draws new views for each image and each step, and the same ones for the same seed', async () => {
    const views = averaged(model, { ...transformations, seed: 1 });
    const { images } = await dataset.read(0, 1);
    const one = fromStored(images, [1, 28, 28, 1]);
    const other = fromStored(
      Uint8Array.from(images, (value, p) => (p === 0 ? 1 : value)),
      [1, 28, 28, 1],
    );
    const scoresOf = async (x: HostTensor) => (await predict(engine, views, x)).data;
    const spread = (a: HostTensor['data'], b: HostTensor['data']) => Math.max(...a.map((score, k) => Math.abs(score - b[k]!)));
    expect(await scoresOf(one)).toEqual(await scoresOf(one));
    // The network alone hardly tells the two images apart.
    const alone = spread((await predict(engine, model, one)).data, (await predict(engine, model, other)).data);
    expect(spread(await scoresOf(one), await scoresOf(other))).toBeGreaterThan(100 * alone);

    const inputs = { x: { dtype: 'float32', shape: [28, 28, 1] } } as const;
    const still = await compileWithModel(engine, views, 'still', inputs, (scores, { x }) => ({
      scores: scores(x as tf.Tensor4D),
      x: tf.add(x!, 0),
    }));
    const after = async (repeat: number) => (await still.run({ x: one }, { repeat, feedback: { x: 'x' } }))['scores']!.data;
    expect(await after(1)).toEqual(await scoresOf(one));
    expect(spread(await after(2), await after(1))).toBeGreaterThan(100 * alone);
  });

  it('shifts images by the number of pixels that it names', async () => {
    const pixel: HostTensor = { dtype: 'float32', shape: [1, 28, 28, 1], data: new Float32Array(784) };
    pixel.data[14 * 28 + 14] = 1;
    // Puts out where the light is: the sums of the ten middle columns.
    const columns = (x: tf.Tensor4D) => tf.reshape(tf.sum(tf.slice(x, [0, 0, 9, 0], [-1, -1, 10, -1]), 1), [-1, 10]) as tf.Tensor2D;
    const eye = { ...model, fingerprint: 'columns', apply: (_: unknown, x: tf.Tensor4D) => columns(x) };
    const { data } = await predict(engine, averaged(eye, { samples: 200, shift: 2, noise: 0, seed: 3 }), pixel);
    const [left, middle, right] = [data.slice(0, 3), data.slice(3, 8), data.slice(8)];
    expect([...left, ...right]).toEqual([0, 0, 0, 0, 0]);
    expect([...middle].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    for (const share of middle) expect(Math.abs(share - 0.2)).toBeLessThan(0.1);
  });

  it('has the same outcome for an image in any batch', async () => {
    const parameters = { attacks: [PGD], ...transformations, samples: 2 };
    const whole = await evaluate(model, 'EOT', parameters);
    const attack = { kind: 'EOT', parameters };
    const part = await evaluateShard({ engine, model, dataset, attack, seed: 1, offset: 5, count: 7, keepImages: true });
    expect(part.images).toEqual(whole.images!.subarray(5 * 784, 12 * 784));
  });

  it("averages over the model's own randomness", async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gauntlet-random-'));
    const random = await loadOnnxModel({ format: 'ONNX', directory: await writeOnnx(directory, withNoise(onnxFile(model), 0.2)) });
    await rm(directory, { recursive: true });
    const { images } = await dataset.read(0, 1);
    const pixels = fromStored(images, [1, 28, 28, 1]);
    const spread = async (models: readonly DifferentiableModel[]) => {
      const [one, other] = [(await predict(engine, models[0]!, pixels)).data, (await predict(engine, models[1]!, pixels)).data];
      return Math.hypot(...one.map((score, k) => score - other[k]!));
    };
    const quiet = [1, 2].map((seed) => averaged(random, { samples: 50, shift: 0, noise: 0, seed }));
    // Nobody gives the seed of single answers: two are now and then close to each other, ten such pairs are not.
    const pairs = await Promise.all(Array.from({ length: 10 }, () => spread([random, random])));
    expect(await spread(quiet)).toBeLessThan(pairs.reduce((sum, one) => sum + one, 0) / pairs.length / 2);

    const alone = await evaluate(random, 'FGSM', { epsilon: 0.1 });
    expect(alone.diagnostics).toMatchObject({ sampled: 6, changed: 6, zeroGradients: 0 });
    const { diagnostics, ...found } = await evaluate(random, 'EOT', { attacks: [PGD], samples: 4, shift: 0, noise: 0 });
    expect(diagnostics.changed).toBe(6);
    expect(successes({ ...found, diagnostics })).toBeGreaterThan(COUNT / 2);
    expect(() => random.apply({}, tf.zeros([1, 28, 28, 1]))).toThrow(/random numbers are drawn for predictions and attacks alone/);
  });

  it('can contain BPDA, and be part of a list itself', async () => {
    const hidden = behind('rounded', (x) => tf.div(tf.round(tf.mul(x, 4)), 4));
    const through = { kind: 'BPDA', parameters: { attacks: [PGD] } };
    const nested = { kind: 'EOT', parameters: { attacks: [through], samples: 2 } };
    expect(successes(await evaluate(hidden, 'WORST_OF', { attacks: [nested] }))).toBeGreaterThan(15);
  });
});
