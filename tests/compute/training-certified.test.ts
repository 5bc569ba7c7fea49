/** Schemes for smoothed classifiers, of mixtures, and TRADES in L2 and with weight perturbation. */
import * as tf from '@tensorflow/tfjs-core';
import statistics from 'jstat';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/index.js';
import { computeOn, toTensor, toTensors } from '../../src/compute/engine/index.js';
import { buildArchitecture } from '../../src/compute/models/index.js';
import { validateParameters } from '../../src/compute/parameters/index.js';
import { randomStream } from '../../src/compute/random.js';
import { gradientsOf } from '../../src/compute/training/gradients.js';
import { quantile } from '../../src/compute/training/normal-quantile.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { batchShape } from '../../src/compute/training/program.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { symmetricBeta } from '../../src/compute/training/schemes/mixing.js';
import { createScheme, findScheme } from '../../src/compute/training/schemes/registry.js';
import { type EpochReport, train } from '../../src/compute/training/train.js';
import { NO_REGULARISATION, type SchemeStep } from '../../src/compute/training/types.js';
import { testEngine } from '../test-engine.js';
import { noise } from './fixtures.js';

const mnist = await openDataset({ format: 'mnist', split: 'train' });
const engine = await testEngine();
afterAll(() => Promise.all([mnist.close(), engine.dispose()]));

const M = 6;
const tiny = await buildArchitecture('mlp', { seed: 3, inputShape: [2, 2, 1], classCount: 3 });

const schemeOf = (name: string, given: Record<string, number | string> = {}, batchSize = M) =>
  createScheme(name, validateParameters(findScheme(name), given, 'INVALID_TRAINING'), { batchSize });

/** One step of a scheme on a small network, on the cpu backend. */
function stepOf(name: string, given: Record<string, number | string>) {
  const scheme = schemeOf(name, given);
  const shape = batchShape(tiny, M);
  const inputs = scheme.draw?.(shape, 1, 0) ?? {};
  const images = noise(M, tiny.spec.inputShape, 5);
  const at = (kernel: Float32Array) =>
    computeOn('cpu', () => {
      const variables = toTensors({ ...tiny.variables, 'logits/kernel': { ...tiny.variables['logits/kernel']!, data: kernel } });
      const fixed = toTensors(tiny.variables);
      const step: SchemeStep = {
        images: toTensor(images) as tf.Tensor4D,
        labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
        inputs: toTensors(inputs),
        state: {},
        classCount: 3,
        output: 'LOGITS',
        scores: (x) => tiny.apply(fixed, x),
      };
      const prepared = scheme.prepare?.(step) ?? {};
      const { loss, weights } = gradientsOf({
        model: tiny,
        scheme,
        regularisation: NO_REGULARISATION,
        variables,
        masks: {},
        step,
        prepared,
      });
      const adversarial = prepared['adversarial']?.dataSync().slice();
      return { loss: loss.dataSync()[0]!, gradient: weights['logits/kernel']!.dataSync().slice(), adversarial };
    });
  return { at, images: images.data as Float32Array, kernel: tiny.variables['logits/kernel']!.data as Float32Array };
}

describe('gradients of the loss', () => {
  it.each([
    ['smoothAdv', { sigma: 0.2, copies: 3, epsilon: 0.3, steps: 2 }],
    ['macer', { sigma: 0.3, copies: 4, lambda: 2, gamma: 3, beta: 1 }],
    ['mixUp', { alpha: 0.4 }],
    ['cutMix', { alpha: 1 }],
    ['trades', { norm: 'L2', epsilon: 0.3, steps: 2 }],
  ])('of %s equal finite differences', (name, given) => {
    const { at, kernel } = stepOf(name, given);
    const { gradient } = at(kernel);
    const largest = Math.max(...gradient.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    for (const index of [0, 101, 333, 700]) {
      const moved = (by: number) => at(kernel.map((value, i) => (i === index ? value + by : value))).loss;
      expect(Math.abs((moved(0.01) - moved(-0.01)) / 0.02 - gradient[index]!), `weight ${index}`).toBeLessThan(0.02 * largest + 1e-4);
    }
  });
});

it('TRADES in L2 and SmoothAdv attack within an L2 ball, and reach its surface', () => {
  for (const [name, given] of [
    ['trades', { norm: 'L2', epsilon: 0.2, steps: 10 }],
    ['smoothAdv', { epsilon: 0.2, steps: 10 }],
  ] as const) {
    const { at, images, kernel } = stepOf(name, given);
    const { adversarial } = at(kernel);
    const lengths = Array.from({ length: M }, (_, i) =>
      Math.hypot(...[0, 1, 2, 3].map((p) => adversarial![4 * i + p]! - images[4 * i + p]!)),
    );
    expect(Math.max(...lengths)).toBeLessThanOrEqual(0.2 + 1e-5);
    expect(Math.max(...lengths)).toBeGreaterThan(0.19);
  }
});

it('TRADES-AWP takes its gradient at weights that are moved up the loss', () => {
  const [plain, moved] = [0, 0.2].map((gamma) => stepOf('trades', { epsilon: 0.2, gamma }));
  const [before, after] = [plain!.at(plain!.kernel), moved!.at(moved!.kernel)];
  expect(after.loss).toBeGreaterThan(before.loss);
});

it('MACER without a radius is the cross-entropy of the mean prediction', () => {
  const [without, withIt] = [0, 5].map((lambda) => stepOf('macer', { lambda, copies: 4, gamma: 8, beta: 1 }));
  const [less, more] = [without!.at(without!.kernel).loss, withIt!.at(withIt!.kernel).loss];
  expect(less).toBeGreaterThan(0);
  // Of three classes that are about alike; the hinge adds where the network is right.
  expect(more).toBeGreaterThan(less);
});

it('the quantile of the normal distribution has the values and slopes of jStat', () => {
  const p = [1e-4, 0.001, 0.02, 0.02425, 0.03, 0.3, 0.5, 0.8, 0.98, 0.999, 1 - 1e-4];
  const { values, slopes } = computeOn('cpu', () => {
    const x = tf.tensor1d(p);
    return {
      values: quantile(x).dataSync().slice(),
      slopes: tf
        .grad((at) => tf.sum(quantile(at)))(x)
        .dataSync()
        .slice(),
    };
  });
  p.forEach((probability, i) => {
    const exact = statistics.normal.inv(probability, 0, 1);
    expect(values[i]).toBeCloseTo(exact, 3);
    const slope = Math.sqrt(2 * Math.PI) * Math.exp((exact * exact) / 2);
    expect(slopes[i]! / slope, String(probability)).toBeCloseTo(1, 1);
  });
});

it('shares of a mixture have the mean and the variance of Beta(α, α)', () => {
  for (const alpha of [0.2, 1, 4]) {
    const stream = randomStream(4, 'beta', 0);
    const draws = Array.from({ length: 4000 }, () => symmetricBeta(stream, alpha));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
  }
});

it.each(['macer', 'cutMix'])('%s trains', async (name) => {
  const reports: EpochReport[] = [];
  await train({
    engine,
    model: await buildArchitecture('mlp', { seed: 2 }),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount: 320 } },
    scheme: schemeOf(name, name === 'macer' ? { copies: 2, lambda: 1 } : {}, 32),
    optimizer: adam(),
    learningRate: constantRate(0.002),
    epochs: 2,
    batchSize: 32,
    seed: 1,
    onEpoch: (report) => reports.push(report),
  });
  expect(reports[1]!.loss).toBeLessThan(reports[0]!.loss);
});
