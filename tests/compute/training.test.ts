import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import { computeOn, toTensor } from '../../src/compute/engine/tensorflow.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { sgd } from '../../src/compute/training/optimizers/sgd.js';
import { algorithm1, stepLlUpTo } from '../../src/compute/training/schemes/algorithm1.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { cosineDecay } from '../../src/compute/training/schedules.js';
import { train, type EpochReport } from '../../src/compute/training/train.js';
import type { Optimizer, SchemeStep, TrainingScheme } from '../../src/compute/training/types.js';
import { failure, noise } from './fixtures.js';
import { itWhole } from '../sizes.js';

const mnist = await openDataset({ format: 'mnist', split: 'train' });
const compiled = await testEngine();
const eager = await createEngine({ engine: 'eager:cpu' });
afterAll(() => Promise.all([mnist.close(), compiled.dispose(), eager.dispose()]));

const options = { ...stepLlUpTo(0.3), adversarialCount: 16, adversarialWeight: 0.3, delaySteps: 3 };
const shape = { m: 32, imageShape: [28, 28, 1], classCount: 10 } as const;

interface RunOptions {
  readonly engine?: Engine;
  readonly seed?: number;
  readonly exampleCount?: number;
}

/** Two epochs of a small network on the first images of MNIST. */
async function run(scheme: TrainingScheme, optimizer: Optimizer, { engine = compiled, seed = 1, exampleCount = 640 }: RunOptions = {}) {
  const reports: EpochReport[] = [];
  const model = await train({
    engine,
    model: await buildArchitecture('mlp', { seed: 1 }),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount } },
    scheme,
    optimizer,
    epochs: 2,
    batchSize: 32,
    learningRate: cosineDecay(optimizer.name === 'sgd' ? 0.02 : 1e-3),
    seed,
    onEpoch: (report) => reports.push(report),
  });
  return { model, reports };
}

describe('training', () => {
  it.each([
    ['plainly with SGD', standard, sgd()],
    ['plainly with Adam', standard, adam()],
    ['by Algorithm 1', algorithm1(options), adam()],
  ])('%s lowers the loss', async (_, scheme, optimizer) => {
    const { reports } = await run(scheme, optimizer);
    expect(reports).toHaveLength(2);
    expect(reports[1]!.loss).toBeLessThan(0.8 * reports[0]!.loss);
    expect(reports[1]!.accuracy).toBeGreaterThan(0.6);
  });

  itWhole('ends with the same weights for the same seed, and others for another', async () => {
    const print = async (seed: number) => (await run(algorithm1(options), adam(), { seed, exampleCount: 160 })).model.fingerprint;
    const first = await print(1);
    expect(await print(1)).toBe(first);
    expect(await print(2)).not.toBe(first);
  });

  itWhole('ends with nearly the same network on the compiled engine as on the reference', async () => {
    const scheme = algorithm1(options);
    const [a, b] = [await run(scheme, sgd(), { exampleCount: 160 }), await run(scheme, sgd(), { exampleCount: 160, engine: eager })];
    expect(a.reports[1]!.loss).toBeCloseTo(b.reports[1]!.loss, 3);
    const images = noise(4, [28, 28, 1]);
    const expected = (await predict(eager, b.model, images)).data;
    (await predict(eager, a.model, images)).data.forEach((score, i) => expect(Math.abs(score - expected[i]!)).toBeLessThan(0.01));
  });

  it('reports divergence', async () => {
    const exploding = { ...sgd(), rates: () => ({ stepSize: 1e12 }) };
    expect(await failure(run(standard, exploding))).toMatchObject({ code: 'TRAINING_DIVERGED' });
  });

  it('leaves nothing allocated in tfjs', async () => {
    const before = tf.memory().numTensors;
    await run(algorithm1(options), adam(), { engine: eager, exampleCount: 64 });
    await run(algorithm1(options), adam(), { exampleCount: 64 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('Algorithm 1', () => {
  const scheme = algorithm1(options);

  it('weighs examples by 1 / ((m - k) + λk) and λ times that, which sum to 1', () => {
    const { exampleWeights } = scheme.draw!(shape, 1, 10);
    const clean = 1 / (16 + 0.3 * 16);
    expect(exampleWeights!.data[31]).toBeCloseTo(clean, 6);
    expect(exampleWeights!.data[0]).toBeCloseTo(0.3 * clean, 6);
    expect(Array.from(exampleWeights!.data).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it('draws an ε of its own for each example', () => {
    const { epsilon } = scheme.draw!(shape, 1, 10);
    expect(new Set(epsilon!.data).size).toBe(16);
    epsilon!.data.forEach((value) => expect(value > 0 && value <= Math.fround(0.3)).toBe(true));
  });

  it('makes step l.l. images of the first k', () => {
    // Scores fall with each pixel for class 0 and rise for class 1: class 0 is the least likely, and going towards it lowers every pixel.
    const scores = (x: tf.Tensor4D) => {
      const total = tf.sum(x, [1, 2, 3]);
      return tf.stack([tf.neg(total), total], 1) as tf.Tensor2D;
    };
    const images = noise(32, [2, 2, 1]);
    const { epsilon, stepSizes } = scheme.draw!(shape, 1, 10);
    const prepared = computeOn('cpu', () => {
      const step = {
        images: tf.tensor4d(images.data as Float32Array, [32, 2, 2, 1]),
        labels: tf.zeros([32], 'int32'),
        inputs: { epsilon: toTensor(epsilon!), stepSizes: toTensor(stepSizes!) },
        state: {},
        classCount: 2,
        output: 'LOGITS',
        scores,
      } as SchemeStep;
      return scheme.prepare!(step)['adversarial']!.dataSync().slice();
    });
    expect(prepared).toHaveLength(16 * 4);
    prepared.forEach((value, p) => expect(value).toBeCloseTo(Math.max(0, images.data[p]! - epsilon!.data[Math.floor(p / 4)]!), 5));
  });
});
