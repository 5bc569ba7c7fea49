/** The comparison with exporters sees an import that is wrong. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { temporaryDirectory } from '../compute/fixtures.js';
import { differencesOf, tooFar } from './compare.js';
import type { Network } from './networks.js';

const COUNT = 2;
const images = noiseImages([32, 32, 3], COUNT);

/** As Python records one. @param change made to what its framework is said to compute. */
async function recorded(change: (score: number) => number): Promise<Network> {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, 'model'));
  await copyFile('tests/fixtures/onnx/resnet.onnx', join(folder, 'model', 'model.onnx'));
  const session = await InferenceSession.create('tests/fixtures/onnx/resnet.onnx', { logSeverityLevel: 3 });
  const area = 32 * 32;
  const first = Float32Array.from(images.data, (_, i) => {
    const [image, rest] = [Math.floor(i / (3 * area)), i % (3 * area)];
    return images.data[image * 3 * area + (rest % area) * 3 + Math.floor(rest / area)]!;
  });
  const results = await session.run({ image: new Tensor('float32', first, [COUNT, 3, 32, 32]) });
  const scores = Float32Array.from(results['scores']!.data as Float32Array, change);
  await session.release();
  await writeFile(join(folder, 'images.f32'), new Uint8Array((images.data as Float32Array<ArrayBuffer>).buffer));
  await writeFile(join(folder, 'scores.f32'), new Uint8Array(scores.buffer));
  return {
    name: 'resnet',
    exporter: 'fixture',
    folder,
    file: join(folder, 'model', 'model.onnx'),
    inputShape: [32, 32, 3],
    count: COUNT,
    gradientCount: 0,
    rounding: 0,
    scoreRounding: 0,
    classCount: 10,
    labels: [0, 1],
    output: 'LOGITS',
    precision: 'SINGLE',
    spec: {},
    options: {},
  };
}

it('scores that are those of the framework are near enough, and those that are a thousandth off are not', async () => {
  const right = await recorded((score) => score);
  expect(tooFar(right, await differencesOf(right, 'GRADIENT'))).toBeUndefined();
  expect(tooFar(right, await differencesOf(right, 'SCORE'))).toBeUndefined();
  const wrong = await recorded((score) => 1.001 * score);
  expect(tooFar(wrong, await differencesOf(wrong, 'GRADIENT'))).toMatch(/scores differ by 0\.00\d+ of the largest/);
});

it('gradients that point elsewhere are too far', async () => {
  const network = await recorded((score) => score);
  expect(tooFar(network, { forward: 0, gradient: 0.01, cosine: 0.99 })).toMatch(
    /gradients differ by 0\.01\d* of their length, gradients have a cosine of 0\.99/,
  );
});
