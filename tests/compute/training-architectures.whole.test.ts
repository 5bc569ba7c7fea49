import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import { computeOn, tf, toTensor, toTensors } from '../../src/compute/engine/tensorflow.js';
import { gradientsOf } from '../../src/compute/training/gradients.js';
import { sizeOf } from '../../src/compute/tensors/host-tensor.js';
import { ACTIVATIONS } from '../../src/compute/models/architectures/types.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadLayersModel, type LayersDifferentiableModel } from '../../src/compute/models/keras/index.js';
import { saveLayersModel } from '../../src/compute/models/keras/save.js';
import { dropoutMasks } from '../../src/compute/training/minibatch.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { NO_REGULARISATION, type SchemeStep } from '../../src/compute/training/types.js';
import { failure, noise, refusal, temporaryDirectory } from './fixtures.js';

const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: 2 });
afterAll(() => engine.dispose());

const trainableValues = (model: LayersDifferentiableModel) =>
  model.trainable.reduce((sum, name) => sum + sizeOf(model.variables[name]!.shape), 0);

describe('architectures', () => {
  it.each([
    ['resnet-18', [32, 32, 3], 11_173_962],
    ['resnet-32', [32, 32, 3], 464_154],
    ['vgg-16', [32, 32, 3], 14_728_266],
    ['wrn-10-1', [32, 32, 3], 77_850],
  ] as const)('%s has the number of weights in its paper', async (name, inputShape, count) => {
    const model = await buildArchitecture(name, { seed: 1, inputShape, classCount: 10 });
    expect(Math.abs(trainableValues(model) / count - 1)).toBeLessThan(0.01);
    expect(trainableValues(await buildArchitecture(name, { seed: 1, inputShape, classCount: 10, width: 0.5 }))).toBeLessThan(0.3 * count);
  });

  it('the small MNIST network still has the topology of the shipped models', async () => {
    const shipped = JSON.parse(await readFile(join('assets', 'models', 'mnist-baseline', 'model.json'), 'utf8')) as {
      modelTopology: unknown;
    };
    expect((await buildArchitecture('mnist-small-cnn', { seed: 1 })).topology).toEqual(shipped.modelTopology);
  });

  it.each(['mlp', 'mnist-small-cnn', 'resnet-20'])('%s has optional dropout before its logits, with the same weights', async (name) => {
    const build = (dropout?: number) => buildArchitecture(name, { seed: 1, inputShape: [28, 28, 1], classCount: 10, dropout });
    const [plain, dropping] = [await build(), await build(0.5)];
    expect(Object.values(plain.dropout ?? {})).toEqual([]);
    expect(Object.values(dropping.dropout!)).toMatchObject([{ rate: 0.5 }]);
    expect(dropping.variables).toEqual(plain.variables);
    expect(await failure(build(1))).toMatchObject(refusal('INVALID_MODEL', /dropout is 1/));
  });

  it('refuse unknown options', async () => {
    expect(await failure(buildArchitecture('wrn-17-2', { seed: 1 }))).toMatchObject(refusal('INVALID_MODEL', /d = 6 n \+ 4/));
    expect(await failure(buildArchitecture('mlp', { seed: 1, width: 0 }))).toMatchObject(refusal('INVALID_MODEL', /width is 0/));
  });
});

describe('activations', () => {
  const formulas: Record<string, (x: number) => number> = {
    relu: (x) => Math.max(0, x),
    relu6: (x) => Math.min(6, Math.max(0, x)),
    elu: (x) => (x > 0 ? x : Math.expm1(x)),
    tanh: Math.tanh,
    swish: (x) => x / (1 + Math.exp(-x)),
    reluDecay: (x) => Math.max(0, x) / (1 + 0.5 * Math.max(0, x) ** 2),
  };

  it.each(ACTIVATIONS)('%s agrees with its formula, also after saving', async (activation) => {
    const model = await buildArchitecture('mlp', { seed: 1, inputShape: [2, 2, 1], classCount: 3, activation, activationBeta: 0.5 });
    const directory = join(root, activation);
    await mkdir(directory);
    await saveLayersModel(model, directory);
    const loaded = await loadLayersModel({ format: 'LAYERS_MODEL', directory });
    expect(loaded.fingerprint).toBe(model.fingerprint);
    const images = noise(2, [2, 2, 1]);
    let values = Array.from({ length: 2 }, (_, i) => Array.from(images.data.subarray(4 * i, 4 * i + 4)));
    for (const layer of ['hidden1', 'hidden2', 'logits']) {
      const kernel = loaded.variables[`${layer}/kernel`]!;
      const [inputs, units] = kernel.shape as [number, number];
      const product = (row: number[], unit: number) => row.reduce((sum, x, i) => sum + x * kernel.data[i * units + unit]!, 0);
      expect(values[0]).toHaveLength(inputs);
      const apply = layer === 'logits' ? (x: number) => x : formulas[activation]!;
      values = values.map((row) => Array.from({ length: units }, (_, unit) => apply(product(row, unit))));
    }
    const actual = await predict(engine, loaded, images);
    values.flat().forEach((value, i) => expect(actual.data[i]).toBeCloseTo(value, 4));
  });
});

describe('Inception v3', () => {
  it('trains its auxiliary classifier too', async () => {
    const model = await buildArchitecture('inception-v3', { seed: 1, inputShape: [139, 139, 3], classCount: 5, width: 0.02 });
    expect(Object.keys(model.dropout!)).toEqual(['dropout']);
    const images = noise(2, [139, 139, 3]);
    computeOn('cpu', () => {
      const variables = toTensors(model.variables);
      const [x, labels] = [toTensor(images) as tf.Tensor4D, tf.tensor1d([0, 3], 'int32')];
      const masks = toTensors(dropoutMasks(model.dropout!, 2, 1, 0));
      const step: SchemeStep = {
        images: x,
        labels,
        inputs: {},
        state: {},
        classCount: 5,
        output: 'LOGITS',
        scores: (y) => model.apply(variables, y),
      };
      const regularisation = { ...NO_REGULARISATION, auxiliaryWeight: 0.4 };
      const { loss, weights } = gradientsOf({ model, scheme: standard, regularisation, variables, masks, step, prepared: {} });
      const { logits } = model.applyTraining(variables, x, masks);
      const main = tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(labels, 5), tf.logSoftmax(logits)), 1)));
      expect(loss.dataSync()[0]).toBeGreaterThan(main.dataSync()[0]!);
      expect(weights['auxiliary_logits/kernel']!.dataSync().some((value) => value !== 0)).toBe(true);
    });
  });
});
