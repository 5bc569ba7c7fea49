import * as tf from '@tensorflow/tfjs-core';
import statistics from 'jstat';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import {
  ABSTAINED,
  certifiedRadius,
  certifyShard,
  estimated,
  largestRadius,
  likeliest,
  looksOf,
  lowerBound,
  type SmoothedShard,
} from '../../src/compute/evaluation/certify.js';
import { randomStream } from '../../src/compute/random.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { gaussianNoiseTraining } from '../../src/compute/training/schemes/gaussian-noise.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { train } from '../../src/compute/training/train.js';
import type { TrainingScheme } from '../../src/compute/training/types.js';
import { failure, refusal } from './fixtures.js';
import { itWhole } from '../sizes.js';

const engine = await testEngine();
const mnist = await openDataset({ format: 'mnist', split: 'train' });
const test = await openDataset({ format: 'mnist', split: 'test' });
afterAll(() => Promise.all([mnist.close(), test.close(), engine.dispose()]));

const ALPHA = 0.001;
const certify = (shard: Pick<SmoothedShard, 'model'> & Partial<SmoothedShard>) =>
  certifyShard({
    engine,
    dataset: test,
    offset: 0,
    count: 6,
    sigma: 0.25,
    selectionSamples: 20,
    estimationSamples: 200,
    alpha: ALPHA,
    seed: 1,
    ...shard,
  });

describe('the certificate of a count', () => {
  // scipy 1.17: beta.ppf(alpha, k, n - k + 1) and norm.ppf of it.
  it.each([
    [99, 100, 0.001, 0.9113731112960424, 1.3492590388103902],
    [100, 100, 0.001, 0.933254300796991, 1.5004750241206364],
    [80, 100, 0.05, 0.7227997503290864, 0.5911789887701591],
    [990, 1000, 0.001, 0.9760361871553114, 1.9780095821411994],
    [80_000, 100_000, 0.001, 0.7960660711927274, 0.8276515631408143],
    [100_000, 100_000, 0.001, 0.9999309248330094, 3.8114565633899145],
    // By bisection of the sum of binomial probabilities, and α^(1/n).
    [990, 1000, 1e-8, 0.9599822984778147, 1.7504806915953297],
    [1000, 1000, 1e-8, 0.9817479430199844, 2.0912672488],
  ])('of %i in %i at α = %f is that of Clopper and Pearson', (agreeing, estimationSamples, alpha, bound, quantile) => {
    expect(lowerBound(agreeing, estimationSamples, alpha)).toBeCloseTo(bound, 8);
    expect(certifiedRadius(agreeing, { sigma: 0.5, estimationSamples, alpha })).toBeCloseTo(0.5 * quantile, 8);
  });

  it('does not exist if one half is not exceeded with confidence', () => {
    const one = { sigma: 1, estimationSamples: 100, alpha: ALPHA };
    expect(lowerBound(51, 100, ALPHA)).toBeCloseTo(0.3541501986578039, 8);
    expect([0, 1, 51, 65].map((agreeing) => certifiedRadius(agreeing, one))).toEqual([0, 0, 0, 0]);
    expect(certifiedRadius(66, one)).toBeGreaterThan(0);
  });
});

const base = await buildArchitecture('mlp', { seed: 1, inputShape: [2, 2, 1], classCount: 2 });

/** Says "above" where the sum of four pixels is above 2. Its smoothed classifier is itself, robust as far as the plane is away. */
const plane: DifferentiableModel = {
  ...base,
  variables: {},
  fingerprint: 'plane',
  apply: (_, x) => {
    const sum = tf.sub(tf.sum(x, [1, 2]), 2);
    return tf.concat([tf.neg(sum), sum], 1) as tf.Tensor2D;
  },
};

/** Images of 2 × 2 pixels, one value each. */
function plainImages(values: readonly number[]): Dataset {
  const info = { ...test.info, exampleCount: values.length, imageShape: [2, 2, 1] as const, classNames: ['below', 'above'] };
  const images = Uint8Array.from(values.flatMap((value) => Array<number>(4).fill(Math.round(value * 255))));
  return {
    info,
    read: (offset, count) =>
      Promise.resolve({
        images: images.slice(4 * offset, 4 * (offset + count)),
        labels: new Int32Array(values.length).slice(offset, offset + count),
      }),
    close: () => Promise.resolve(),
  };
}

describe('a linear classifier', () => {
  it('is certified nearly up to its distance from the plane, and never beyond it', async () => {
    const values = [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1];
    const [sigma, estimationSamples] = [0.5, 4000];
    const { predictions, radii } = await certify({ model: plane, dataset: plainImages(values), count: 7, sigma, estimationSamples });
    const most = certifiedRadius(estimationSamples, { sigma, estimationSamples, alpha: ALPHA });
    values.forEach((value, i) => {
      const distance = Math.abs((4 * Math.round(value * 255)) / 255 - 2) / 2;
      if (value === 0.5) return expect(predictions[i]).toBe(ABSTAINED);
      expect(predictions[i]).toBe(value > 0.5 ? 1 : 0);
      expect(radii[i], `value ${value}`).toBeLessThanOrEqual(distance);
      // Less by what n samples leave open: the bound is 3.1 standard errors below the count, the count hardly 3 below p.
      const p = statistics.normal.cdf(distance / sigma, 0, 1);
      const low = p - 6.1 * Math.sqrt((p * (1 - p)) / estimationSamples);
      expect(radii[i], `value ${value}`).toBeGreaterThan(Math.min(0.99 * most, sigma * statistics.normal.inv(low, 0, 1)));
    });
  });
});

describe('certification', () => {
  it('has the same result for an example in any shard', async () => {
    const model = await buildArchitecture('mlp', { seed: 1, width: 0.25 });
    const [whole, tail] = [await certify({ model }), await certify({ model, offset: 4, count: 2 })];
    expect(whole.predictions.subarray(4)).toEqual(tail.predictions);
    expect(whole.agreeing.subarray(4)).toEqual(tail.agreeing);
    expect((await certify({ model, seed: 2 })).agreeing).not.toEqual(whole.agreeing);
  });

  itWhole('reaches larger radii for a network trained with noise', async () => {
    const trained = async (scheme: TrainingScheme) =>
      train({
        engine,
        model: await buildArchitecture('mlp', { seed: 1, width: 0.5 }),
        dataset: { ...mnist, info: { ...mnist.info, exampleCount: 2000 } },
        scheme,
        optimizer: adam(),
        epochs: 4,
        batchSize: 50,
        learningRate: constantRate(2e-3),
        seed: 1,
      });
    const certifiedAt = async (model: DifferentiableModel, radius: number) => {
      const { labels, predictions, radii } = await certify({ model, sigma: 1, count: 60 });
      return labels.filter((label, i) => predictions[i] === label && radii[i]! >= radius).length;
    };
    const [plain, noisy] = [await trained(standard), await trained(gaussianNoiseTraining(1))];
    expect(await certifiedAt(noisy, 0.5)).toBeGreaterThan((await certifiedAt(plain, 0.5)) + 10);
  });

  it('refuses a model with other classes, and one that outputs NaN', async () => {
    expect(await failure(certify({ model: plane }))).toMatchObject(refusal('MODEL_DATASET_MISMATCH', /images/));
    const broken = {
      ...plane,
      fingerprint: 'broken',
      apply: (_: unknown, x: tf.Tensor4D) => tf.log(tf.sub(plane.apply({}, x), 1e9)) as tf.Tensor2D,
    };
    expect(await failure(certify({ model: broken, dataset: plainImages([1]) }))).toMatchObject(
      refusal('INVALID_MODEL', /example 0 with noise/),
    );
  });
});

describe('other certificates of noise', () => {
  it('in L1 are those of Yang et al., 2 λ (p − ½), for uniform noise of the same standard deviation', () => {
    const smoothing = { method: 'SMOOTHING_L1', sigma: 0.5, estimationSamples: 1000, alpha: 0.001 } as const;
    expect(certifiedRadius(990, smoothing)).toBeCloseTo(2 * Math.sqrt(3) * 0.5 * (0.9760361871553114 - 0.5), 8);
    expect(certifiedRadius(500, smoothing)).toBe(0);
  });

  it('PREDICT returns the class that an exact two-sided test finds likelier than the second, or abstains', () => {
    // Binomial tests of 60 in 100 and 61 in 100 against one half: 0.0569 and 0.0352 (scipy 1.17, binomtest).
    expect(likeliest([0, 60, 40, 0], 0.05)).toBe(ABSTAINED);
    expect(likeliest([0, 61, 39, 0], 0.05)).toBe(1);
    expect(likeliest([0, 61, 39, 300], 0.05)).toBe(3);
    expect(likeliest([1, 0], 0.001)).toBe(ABSTAINED);
  });

  it('stop where every radius is decided, and are wrong no more often for it', async () => {
    const smoothing = { sigma: 1, selectionSamples: 1, estimationSamples: 100_000, alpha: 0.05, stopRadii: [0.5] };
    const stream = randomStream(8, 'adaptive', 0);
    // Φ(0.5) = 0.6915: a class of probability 0.69 may not be certified at 0.5, which n copies alone would do in α of all cases.
    const runs = Array.from({ length: 150 }, () =>
      estimated(smoothing, (copies) => {
        let agreeing = 0;
        for (let i = 0; i < copies; i++) if (stream.uniform() < 0.69) agreeing++;
        return Promise.resolve(agreeing);
      }),
    );
    const wrong = (await Promise.all(runs)).filter(({ radius }) => radius >= 0.5).length;
    expect(wrong / 150).toBeLessThanOrEqual(0.05);
    const far = await estimated(smoothing, (copies) => Promise.resolve(Math.round(0.95 * copies)));
    expect(far).toMatchObject({ samples: 1000, agreeing: 950 });
    expect(far.radius).toBeGreaterThan(0.5);
    const hopeless = await estimated(smoothing, (copies) => Promise.resolve(Math.round(0.3 * copies)));
    expect(hopeless).toMatchObject({ samples: 1000, radius: 0 });
    expect(looksOf(smoothing)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 100_000]);
    // What certificates at other radii lose by it: α is divided by eight.
    expect(largestRadius(smoothing)).toBeCloseTo(certifiedRadius(100_000, { ...smoothing, alpha: 0.05 / 8 }), 12);
  });

  it('of one look are those without radii', async () => {
    const smoothing = { sigma: 1, selectionSamples: 1, estimationSamples: 1000, alpha: 0.001 };
    expect(await estimated(smoothing, () => Promise.resolve(990))).toEqual({
      agreeing: 990,
      samples: 1000,
      radius: certifiedRadius(990, smoothing),
    });
  });
});
