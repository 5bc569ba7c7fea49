import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '../tfjs-layers.js';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { computeOn, toHosts, toTensors } from '../../src/compute/engine/tensorflow.js';
import { architectures, buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { parameterCount } from '../../src/compute/models/card.js';
import { multiplyAdds } from '../../src/compute/models/multiply-adds.js';
import { dryRun } from '../../src/compute/models/dry-run.js';
import { predict } from '../../src/compute/models/functions.js';
import { layersModel, loadLayersModel } from '../../src/compute/models/keras/index.js';
import { saveLayersModel } from '../../src/compute/models/keras/save.js';
import { readTopology } from '../../src/compute/models/keras/topology.js';
import type { ModelSpec } from '../../src/compute/models/types.js';
import { failure, noise, refusal, temporaryDirectory, writeTfjsModel } from './fixtures.js';

const directory = await temporaryDirectory();
const engine = await createEngine({ engine: 'eager:cpu' });
const small = ['mlp', 'mnist-small-cnn', 'resnet-20'];

describe('built-in architectures', () => {
  it('have a description and a unique name', () => {
    expect(new Set(architectures.map(({ name }) => name)).size).toBe(architectures.length);
    expect(architectures.map(({ name }) => name)).toEqual(expect.arrayContaining(['mnist-cnn', 'mnist-small-cnn', 'resnet-20', 'mlp']));
  });

  it('have the published sizes', async () => {
    const parameters = async (name: string) => parameterCount(await buildArchitecture(name, { seed: 1 }));
    expect(await parameters('mnist-small-cnn')).toBeLessThanOrEqual(250_000);
    expect(await parameters('mnist-cnn')).toBe(3_274_634);
    // 269,722 trainable (He et al. give 0.27 M) and two moving statistics for each of 688 normalised channels.
    expect(await parameters('resnet-20')).toBe(269_722 + 2 * 688);
  });

  it('have the published costs', async () => {
    const cost = async (name: string) => multiplyAdds(await buildArchitecture(name, { seed: 1 }));
    // 40.6 million without the projections of the shortcuts; Sandler et al. give 300 million for MobileNetV2.
    expect(await cost('resnet-20')).toBeCloseTo(40.8e6, -6);
    expect((await cost('mobilenet-v2'))! / 300e6).toBeCloseTo(1, 1);
  });

  it('are the same for the same seed, and different for another', async () => {
    const print = async (seed: number) => (await buildArchitecture('mlp', { seed })).fingerprint;
    expect(await print(1)).toBe(await print(1));
    expect(await print(1)).not.toBe(await print(2));
  });

  it.each(small)('%s is the same after saving and loading', async (name) => {
    const spec: Partial<ModelSpec> = { valueRange: [-1, 1], classNames: Array.from({ length: 7 }, (_, i) => `class ${i}`) };
    const built = await buildArchitecture(name, { seed: 3, classCount: 7, spec });
    await saveLayersModel(built, join(directory, name));
    const loaded = await loadLayersModel({ format: 'LAYERS_MODEL', directory: join(directory, name) });
    expect(loaded.spec).toEqual(built.spec);
    expect(loaded.fingerprint).toBe(built.fingerprint);
    expect(loaded.trainable).toEqual(built.trainable);
    const images = noise(2, built.spec.inputShape);
    expect(await predict(engine, loaded, images)).toEqual(await predict(engine, built, images));
  });

  it('refuse input shapes that they cannot be built for', async () => {
    expect(await failure(buildArchitecture('vgg', { seed: 1 }))).toMatchObject(refusal('INVALID_MODEL', /Known architectures/));
    expect(await failure(buildArchitecture('mlp', { seed: 1, classCount: 1 }))).toMatchObject(
      refusal('INVALID_MODEL', /at least two classes/),
    );
    expect(await failure(buildArchitecture('mnist-small-cnn', { seed: 1, inputShape: [4, 4, 1] }))).toMatchObject({
      code: 'INVALID_MODEL',
    });
  });
});

describe('the LayersModel importer', () => {
  /** A model made and saved by tfjs-layers itself, which also predicts the expected scores. */
  const conv = () =>
    sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 6, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.batchNormalization({}),
        layers.flatten(),
        layers.dense({ units: 5, name: 'scores' }),
      ],
    });

  it('computes what tfjs-layers computes', async () => {
    const path = join(directory, 'conv');
    const images = noise(3, [6, 6, 3]);
    const expected = await writeTfjsModel(path, conv, images);
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    const scores = await predict(engine, model, images);
    scores.data.forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 5));
  });

  it.each([
    ['an activation of the last layer', () => [layers.dense({ units: 4, activation: 'softmax' })]],
    ['an Activation layer', () => [layers.dense({ units: 4 }), layers.activation({ activation: 'softmax' })]],
    ['a Softmax layer', () => [layers.dense({ units: 4 }), layers.softmax({})]],
    ['the end of a nested model', () => [sequential({ layers: [layers.dense({ inputShape: [12], units: 4, activation: 'softmax' })] })]],
  ])('removes a final softmax that is %s', async (_, last) => {
    const path = join(directory, `softmax-${Math.random()}`);
    const images = noise(2, [2, 2, 3]);
    const probabilities = await writeTfjsModel(
      path,
      () => sequential({ layers: [layers.flatten({ inputShape: [2, 2, 3] }), ...last()] }),
      images,
    );
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    expect(model.output).toBe('LOGITS');
    expect(model.warnings).toEqual([]);
    const logits = await predict(engine, model, images);
    const softmax = computeOn('cpu', () => tf.softmax(tf.tensor2d(logits.data as Float32Array, [2, 4])).dataSync());
    softmax.forEach((p, i) => expect(p).toBeCloseTo(probabilities[i]!, 5));
  });

  it('takes a sigmoid of each score off, and says so', async () => {
    const path = join(directory, 'sigmoid');
    const images = noise(2, [2, 2, 1]);
    const sigmoids = await writeTfjsModel(
      path,
      () => sequential({ layers: [layers.flatten({ inputShape: [2, 2, 1] }), layers.dense({ units: 3, activation: 'sigmoid' })] }),
      images,
    );
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    expect(model).toMatchObject({ output: 'LOGITS', softmaxRemoved: true, sigmoidRemoved: true });
    expect(model.warnings.join()).toMatch(/sigmoid of each score \(layer .*\), which was taken off/);
    const { data } = await predict(engine, model, images);
    data.forEach((score, i) => expect(1 / (1 + Math.exp(-score))).toBeCloseTo(sigmoids[i]!, 5));
  });

  it('warns if the outputs stay probabilities', async () => {
    const path = join(directory, 'padded-sigmoid');
    await writeTfjsModel(path, () =>
      sequential({ layers: [layers.dense({ inputShape: [2, 2, 1], units: 3, activation: 'sigmoid' }), layers.flatten()] }),
    );
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    expect(model.output).toBe('PROBABILITIES');
    expect(model.warnings.join()).toMatch(/sigmoid.*could not be removed/);
  });

  it('puts preprocessing in front: channel order, value range, mean and deviation', async () => {
    const path = join(directory, 'preprocessing');
    const images = noise(2, [6, 6, 3]);
    await writeTfjsModel(path, conv);
    const spec = { channelOrder: 'BGR', valueRange: [0, 255], mean: [10, 20, 30], std: [2, 4, 8] } as const;
    const plain = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path, spec });
    expect(model.fingerprint).not.toBe(plain.fingerprint);
    const byHand = Float32Array.from(images.data, (_, at) => {
      const c = at % 3;
      return (255 * images.data[at - c + (2 - c)]! - spec.mean[c]!) / spec.std[c]!;
    });
    const expected = await predict(engine, plain, { ...images, data: byHand });
    (await predict(engine, model, images)).data.forEach((score, i) => expect(score / expected.data[i]!).toBeCloseTo(1, 3));
  });

  it('differentiates batch norm without scale, which tfjs cannot', async () => {
    const path = join(directory, 'unscaled');
    await writeTfjsModel(path, () =>
      sequential({
        layers: [
          layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3 }),
          layers.batchNormalization({ scale: false }),
          layers.flatten(),
          layers.dense({ units: 3 }),
        ],
      }),
    );
    expect(await dryRun(engine, await loadLayersModel({ format: 'LAYERS_MODEL', directory: path }))).toEqual({
      scores: expect.anything() as unknown,
      gradientsHealthy: true,
      warnings: [],
    });
  });

  it('reads 8-bit quantised weights', async () => {
    const path = join(directory, 'quantised');
    const images = noise(2, [6, 6, 3]);
    const expected = await writeTfjsModel(path, conv, images, { quantise: true });
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    (await predict(engine, model, images)).data.forEach((score, i) => expect(Math.abs(score - expected[i]!)).toBeLessThan(0.05));
  });

  it('accepts flat and two-dimensional inputs', async () => {
    const flat = join(directory, 'flat');
    await writeTfjsModel(flat, () => sequential({ layers: [layers.dense({ inputShape: [12], units: 3 })] }));
    expect(await failure(loadLayersModel({ format: 'LAYERS_MODEL', directory: flat }))).toMatchObject(
      refusal('INVALID_MODEL', /give inputShape/),
    );
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: flat, spec: { inputShape: [2, 2, 3] } });
    expect((await predict(engine, model, noise(2, [2, 2, 3]))).shape).toEqual([2, 3]);
    const grey = join(directory, 'grey');
    await writeTfjsModel(grey, () => sequential({ layers: [layers.flatten({ inputShape: [5, 4] }), layers.dense({ units: 3 })] }));
    expect((await loadLayersModel({ format: 'LAYERS_MODEL', directory: grey })).spec.inputShape).toEqual([5, 4, 1]);
  });

  it('leaves nothing allocated in tfjs', async () => {
    const before = tf.memory().numTensors;
    await loadLayersModel({ format: 'LAYERS_MODEL', directory: join(directory, 'conv') });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('training mode', () => {
  it('uses the statistics of the batch and updates the moving ones', async () => {
    const topology = readTopology({
      class_name: 'Sequential',
      config: {
        name: 'bn',
        layers: [
          { class_name: 'BatchNormalization', config: { name: 'bn', batch_input_shape: [null, 1, 1, 1], momentum: 0.9, epsilon: 1e-3 } },
          { class_name: 'Flatten', config: { name: 'flatten' } },
          { class_name: 'Dense', config: { name: 'dense', units: 2, use_bias: false } },
        ],
      },
    });
    const host = (data: number[], shape = [1]) => ({ dtype: 'float32' as const, shape, data: Float32Array.from(data) });
    const model = await layersModel(
      topology,
      {
        'bn/gamma': host([2]),
        'bn/beta': host([1]),
        'bn/moving_mean': host([0]),
        'bn/moving_variance': host([1]),
        'dense/kernel': host([1, -1], [1, 2]),
      },
      {},
    );
    const before = tf.memory().numTensors;
    const { logits, updates } = computeOn('cpu', () => {
      const result = model.applyTraining(toTensors(model.variables), tf.tensor4d([0.2, 0.6], [2, 1, 1, 1]));
      return { logits: toHosts({ logits: result.logits })['logits']!, updates: toHosts(result.updates) };
    });
    // Mean 0.4, variance 0.04: ±0.2 / sqrt(0.041) · 2 + 1.
    expect(logits.data[0]).toBeCloseTo(1 - 0.4 / Math.sqrt(0.041), 4);
    expect(logits.data[2]).toBeCloseTo(1 + 0.4 / Math.sqrt(0.041), 4);
    expect(updates['bn/moving_mean']!.data[0]).toBeCloseTo(0.04, 5);
    expect(updates['bn/moving_variance']!.data[0]).toBeCloseTo(0.9 + 0.004, 5);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('ships two trained models of at most 1.5 MB each', async () => {
  for (const name of ['mnist-baseline', 'mnist-adversarial']) {
    const path = join('assets', 'models', name);
    const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: path });
    const training = JSON.parse(await readFile(join(path, 'training.json'), 'utf8')) as { fingerprint: string };
    expect(training.fingerprint).toBe(model.fingerprint);
    expect((await readFile(join(path, 'weights.bin'))).length).toBeLessThan(1_500_000);
  }
});
