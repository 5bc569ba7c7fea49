/** Trained models of other people, from npm packages: imported, compared with TensorFlow.js' own importer, gradient-checked and attacked. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { afterAll, describe, expect, it } from 'vitest';
import { testEngine } from '../test-engine.js';
import { toTensor } from '../../src/compute/engine/tensorflow.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { compileWithModel, predict } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import type { ModelJson } from '../../src/compute/models/model-json.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { confidences } from '../../src/compute/models/confidences.js';
import { attackBatch, storedNoise } from './attack-fixtures.js';
import { temporaryDirectory } from './fixtures.js';
import { writeFiles } from './graph-files.js';
import { emotion, nsfwjs, type Files } from './third-party-files.js';

const IMAGES = 2;
const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: IMAGES });
afterAll(() => engine.dispose());

const MODELS: readonly (readonly [name: string, format: string, files: () => Promise<Files>, inputShape: readonly number[]])[] = [
  ['emotion', 'TFJS_GRAPH_MODEL', emotion, [64, 64, 1]],
  ['mobilenet_v2_mid', 'TFJS_GRAPH_MODEL', () => nsfwjs('mobilenet_v2_mid'), [224, 224, 3]],
  ['mobilenet_v2', 'LAYERS_MODEL', () => nsfwjs('mobilenet_v2'), [224, 224, 3]],
  ['inception_v3', 'LAYERS_MODEL', () => nsfwjs('inception_v3'), [299, 299, 3]],
];

/** What TensorFlow.js' own converter makes of the same files, on its `cpu` backend. */
async function reference(files: Files, image: HostTensor): Promise<Float32Array> {
  const json = JSON.parse(Buffer.from(files['model.json']!).toString()) as ModelJson;
  const [group] = json.weightsManifest;
  await tf.setBackend('cpu');
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: group!.weights as tf.io.WeightsManifestEntry[],
      weightData: new Uint8Array(Buffer.concat(group!.paths.map((path) => files[path]!))).buffer,
    }),
  });
  const scores = tf.tidy(() => (model.predict(toTensor(image)) as tf.Tensor).dataSync().slice());
  model.dispose();
  return scores as Float32Array;
}

/** Slope of a weighted sum of the scores along its own gradient, by differences, as a share of the gradient's length. */
async function measuredSlope(model: DifferentiableModel, images: HostTensor): Promise<number> {
  const weights = Array.from({ length: model.spec.classCount }, (_, i) => Math.sin(3 * i + 1));
  const inputs = { images: { dtype: 'float32', shape: model.spec.inputShape } } as const;
  const compiled = await compileWithModel(
    engine,
    model,
    'test.gradient',
    inputs,
    (scores, { images: x }) => {
      const weighted = (image: tf.Tensor) => tf.sum(tf.mul(scores(image as tf.Tensor4D), tf.tensor1d(weights)));
      return { scores: scores(x as tf.Tensor4D), gradient: tf.grad(weighted)(x!) };
    },
    { fewExamples: IMAGES },
  );
  const { gradient } = await compiled.run({ images });
  const length = Math.sqrt(Array.from(gradient!.data).reduce((sum, value) => sum + value * value, 0));
  const at = async (step: number) => {
    const moved = Float32Array.from(images.data, (value, i) => value + (step * gradient!.data[i]!) / length);
    const { scores } = await compiled.run({ images: { ...images, data: moved } });
    return Array.from(scores!.data).reduce((sum, score, i) => sum + score * weights[i % weights.length]!, 0);
  };
  const step = 1e-2;
  return ((await at(step)) - (await at(-step))) / (2 * step) / length;
}

describe.each(MODELS)('%s', (name, format, filesOf, inputShape) => {
  it('is imported, predicts, has true gradients and can be attacked', async () => {
    const files = await filesOf();
    const model = await loadModel({ directory: await writeFiles(join(root, name), files), format: format as 'LAYERS_MODEL' });
    expect(model.spec.inputShape).toEqual(inputShape);
    expect(model.output).toBe('LOGITS');

    const images = storedNoise(IMAGES, inputShape);
    const scores = await predict(engine, model, images);
    if (format === 'TFJS_GRAPH_MODEL') {
      const size = images.data.length / IMAGES;
      const expected = await reference(files, { ...images, shape: [1, ...inputShape], data: images.data.slice(0, size) });
      const actual = Array.from(scores.data.slice(0, expected.length), Math.exp);
      const total = actual.reduce((sum, value) => sum + value, 0);
      for (const [i, probability] of expected.entries()) expect(actual[i]! / total).toBeCloseTo(probability, 4);
    }

    // ReLUs make the difference quotient of a trained network inexact.
    expect(Math.abs((await measuredSlope(model, images)) - 1)).toBeLessThan(0.03);

    const labels = argmaxRows(scores);
    const adversarial = (await attackBatch({ engine, model, images, labels, cleanLogits: scores }, 'FGSM', { epsilon: 8 / 255 })).images;
    const isWithin = (value: number, i: number) => Math.abs(value - images.data[i]!) <= 8 / 255 + 1e-6;
    expect((adversarial.data as Float32Array).every(isWithin)).toBe(true);
    const before = confidences(scores, labels, model.output);
    const after = confidences(await predict(engine, model, adversarial), labels, model.output);
    for (const [i, confidence] of after.entries()) expect(confidence).toBeLessThan(before[i]!);
  });
});
