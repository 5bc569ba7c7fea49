/** Attacks whose distance is no norm: of colours, and of moved brightness. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Colours, imageOfLuv, lab, luv, squaredDifference } from '../../src/compute/attacks/semantic/colours.js';
import { lambertOfExponential, localCost, projectedSinkhorn } from '../../src/compute/attacks/semantic/projected-sinkhorn.js';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { fromStored, toLevels } from '../../src/compute/distances/stored-image.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { predict } from '../../src/compute/models/functions.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { attackBatch } from './attack-fixtures.js';
import { noise } from './fixtures.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = 8;
const evaluate = (kind: string, parameters: ParameterValues) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: true });
const isFooled = ({ labels, adversarialPrediction }: ShardResult, i: number) => adversarialPrediction[i] !== labels[i];
const medianOf = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** L*, a*, b* of two colours, and their CIEDE2000: Sharma, Wu & Dalal 2005, table 1, without the one pair whose hues are opposite, for which either way around is right. */
const PUBLISHED: readonly (readonly number[])[] = [
  [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
  [50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615],
  [50.0, 2.8361, -74.02, 50.0, 0.0, -82.7485, 3.4412],
  [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0],
  [50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0],
  [50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0],
  [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
  [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669],
  [50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792],
  [50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195],
  [50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195],
  [50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045],
  [50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461],
  [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
  [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
  [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
  [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.903],
  [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
  [50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0],
  [50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0],
  [50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0],
  [50.0, 2.5, 0.0, 50.0, 3.2592, 0.335, 1.0],
  [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
  [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263],
  [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
  [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
  [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
  [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
  [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
  [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
  [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
  [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
];

const column = (at: number) => tf.tensor1d(PUBLISHED.map((row) => row[at]!));
const colours = (first: number): Colours => [column(first), column(first + 1), column(first + 2)];

describe('CIEDE2000', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('is that of the published pairs, either way around', () => {
    const [there, back] = [squaredDifference(colours(0), colours(3)), squaredDifference(colours(3), colours(0))];
    for (const [i, [l1, a1, b1, l2, a2, b2, expected]] of PUBLISHED.entries()) {
      // Where hues are a ten-thousandth of a degree from opposite, float32 shows.
      const cosine = (a1! * a2! + b1! * b2!) / (Math.hypot(a1!, b1!) * Math.hypot(a2!, b2!) || 1);
      const tolerance = cosine < -0.99999 ? 0.01 : 1e-4;
      for (const found of [there, back]) {
        expect(Math.abs(Math.sqrt(found.dataSync()[i]!) - expected!), `${l1} ${a1} ${b1}, ${l2} ${a2} ${b2}`).toBeLessThan(tolerance);
      }
    }
  });

  it('has finite slopes, also between equal colours, grey and black', () => {
    const image = tf.tensor4d([0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 0.2, 0.9, 0.1], [1, 2, 2, 3]);
    for (const other of [image, tf.mul(image, 0.9), tf.zerosLike(image)]) {
      const slopes = tf.grad((x) => tf.sum(squaredDifference(lab(other), lab(x))))(image);
      expect([...slopes.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('is of CIELAB as it is published for red, green, blue and white', () => {
    const image = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [1, 2, 2, 3]);
    const expected = [53.24, 80.09, 67.2, 87.73, -86.18, 83.18, 32.3, 79.19, -107.86, 100, 0, 0];
    [...tf.concat([...lab(image)] as tf.Tensor4D[], 3).dataSync()].forEach((value, p) => expect(value).toBeCloseTo(expected[p]!, 1));
  });
});

/** L2 over the pixels of CIEDE2000, of each image. */
function differences(images: Uint8Array, changed: Uint8Array, shape: readonly number[]): number[] {
  return tf.tidy(() => {
    const [before, after] = [images, changed].map((levels) => {
      const { data } = fromStored(levels, shape);
      return lab(tf.tensor4d(data as Float32Array, shape as [number, number, number, number]));
    }) as [Colours, Colours];
    return [...tf.sqrt(tf.sum(squaredDifference(before, after), [1, 2, 3])).dataSync()];
  });
}

describe('PerC-AL', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('finds images that fool a network with no larger differences of colours than adversarial-library, whose formula has slips', async () => {
    const file = JSON.parse(await readFile('tests/reference/perc-al.json', 'utf8')) as {
      images: string;
      labels: number[];
      differences: number[];
    };
    const images = new Uint8Array(Buffer.from(file.images, 'base64'));
    const network = await loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/cifar10-resnet-20' });
    const four = inMemory(
      { images, labels: Int32Array.from(file.labels) },
      [32, 32, 3],
      Array.from({ length: 10 }, (_, k) => String(k)),
    );
    const attack = { kind: 'PERC_AL', parameters: { steps: 200 } };
    const result = await evaluateShard({ engine, model: network, dataset: four, attack, seed: 1, offset: 0, count: 4, keepImages: true });
    expect([0, 1, 2, 3].filter((i) => isFooled(result, i))).toEqual([0, 1, 2, 3]);
    const found = differences(images, toLevels(result.images!), [4, 32, 32, 3]);
    // One of the four may lie a little higher: the steps see stored images, and theirs images before they are rounded.
    for (const [i, difference] of found.entries()) expect(difference).toBeLessThan(1.05 * file.differences[i]!);
    expect(medianOf(found)).toBeLessThan(medianOf(file.differences));
  });

  it('changes the lightness of grey images less than DDN does', async () => {
    const [perceptual, shortest] = [await evaluate('PERC_AL', { steps: 100 }), await evaluate('DDN', {})];
    const { images } = await dataset.read(0, COUNT);
    const of = (result: ShardResult) => differences(toLevels(images), toLevels(result.images!), [COUNT, 28, 28, 1]);
    const both = [...perceptual.labels.keys()].filter((i) => isFooled(perceptual, i) && isFooled(shortest, i));
    expect(both.length).toBeGreaterThan(COUNT / 2);
    const [ours, other] = [of(perceptual), of(shortest)];
    // The attack's own distance is kept; of images that stay as they are it is nothing, but for what keeps slopes finite.
    for (const [i, difference] of ours.entries()) expect(perceptual.attackDistance[i]).toBeCloseTo(difference, 2);
    expect([...shortest.attackDistance]).toEqual(Array(COUNT).fill(NaN));
    expect(medianOf(both.map((i) => ours[i]! / other[i]!))).toBeLessThan(1);
  });

  it('refuses images whose channels are no colours', async () => {
    const four = await buildArchitecture('mnist-small-cnn', { seed: 1, inputShape: [20, 20, 4] });
    const images = noise(1, [20, 20, 4]);
    const batch = { engine, model: four, images, labels: Int32Array.of(0), cleanLogits: await predict(engine, four, images) };
    await expect(attackBatch(batch, 'PERC_AL', { steps: 1 })).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION' });
  });
});

describe('the projection onto a Wasserstein ball', () => {
  const square = { cost: localCost(5, 1), regularization: 1000, iterations: 400 };

  it('is that of the Adversarial Robustness Toolbox', async () => {
    const { source: _, ...expected } = JSON.parse(await readFile('tests/reference/projected-sinkhorn.json', 'utf8')) as Record<
      string,
      number[]
    >;
    const { images } = await dataset.read(2, 1);
    const center = Float64Array.from(toLevels(images), (level) => level / 255);
    const point = center.map((value, p) => value + (p % 3 === 0 ? 0.1 : -0.1));
    expect(Object.keys(expected)).toEqual(['0.05', '0.5']);
    for (const [radius, image] of Object.entries(expected)) {
      const found = projectedSinkhorn(center, point, [28, 28, 1], { ...square, radius: Number(radius) });
      expect(Math.max(...found.map((value, p) => Math.abs(value - image[p]!)))).toBeLessThan(1e-4);
    }
  });

  it('of a pixel moved to a neighbour moves as much of it as the radius pays for', () => {
    const [center, point] = [new Float64Array(25), new Float64Array(25)];
    [center[12], point[13]] = [1, 1];
    for (const radius of [0.1, 0.25, 0.5]) {
      const found = projectedSinkhorn(center, point, [5, 5, 1], { ...square, regularization: 100, radius });
      expect(found[13]).toBeCloseTo(radius, 1);
      expect(found[12]).toBeCloseTo(1 - radius, 1);
    }
  });

  it('keeps each channel to itself, and a black image black', () => {
    const center = Float64Array.from({ length: 50 }, (_, p) => (p === 24 ? 1 : 0));
    const found = projectedSinkhorn(center, new Float64Array(50).fill(0.02), [5, 5, 2], { ...square, radius: 0.5 });
    expect(Math.max(...found.filter((_, p) => p % 2 === 1))).toBe(0);
    expect(Math.max(...found.filter((_, p) => p % 2 === 0 && p !== 24))).toBeGreaterThan(0.005);
    expect([...projectedSinkhorn(new Float64Array(8), new Float64Array(8).fill(1), [2, 2, 2], { ...square, radius: 1 })]).toEqual(
      Array(8).fill(0),
    );
  });

  it.each([-50, -1, 0, 1, 5, 300, 1e6])("takes Lambert's function of exp(%s)", (logarithm) => {
    const w = lambertOfExponential(logarithm);
    expect((w + Math.log(w) - logarithm) / Math.max(1, Math.abs(logarithm))).toBeCloseTo(0, 10);
  });
});

describe('Wasserstein PGD', () => {
  it('fools no fewer images in a larger ball, and all as the radius grows', async () => {
    const at = async (given: ParameterValues) => {
      const result = await evaluate('WASSERSTEIN', { steps: 8, sinkhornSteps: 60, ...given });
      // The radius that each image was found in: the last, of those that were not.
      const { radius, growth } = given as Record<string, number>;
      const last = growth === 1 ? radius! : radius! * growth! ** 3;
      for (const i of result.labels.keys()) {
        const distance = result.attackDistance[i]!;
        if (result.cleanPrediction[i] !== result.labels[i]) expect(distance).toBe(0);
        else if (!isFooled(result, i)) expect(distance).toBeCloseTo(last, 5);
        else expect([0, 1, 2, 3].some((times) => Math.abs(distance - radius! * growth! ** times) < 1e-5)).toBe(true);
      }
      return [...result.labels.keys()].filter((i) => isFooled(result, i)).length;
    };
    const [none, some, all] = [
      await at({ radius: 0.01, growth: 1 }),
      await at({ radius: 0.4, growth: 1 }),
      await at({ radius: 0.4, growth: 3, growthSteps: 2 }),
    ];
    expect(none).toBeLessThan(some);
    expect(some).toBeLessThan(all);
    expect(all).toBe(COUNT);
  });
});

describe('ReColorAdv in CIELUV', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('has the published colours of red, green, blue and white, and finds back from all colours to the image', () => {
    const image = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [1, 2, 2, 3]);
    const expected = [53.24, 175.02, 37.76, 87.73, -83.08, 107.4, 32.3, -9.4, -130.34, 100, 0, 0];
    const found = [...luv(image).dataSync()].map((value, p) => (p % 3 === 0 ? 100 * value : 200 * value - 100));
    found.forEach((value, p) => expect(value).toBeCloseTo(expected[p]!, 1));
    for (const channels of [1, 3]) {
      const { data } = noise(1, [16, 16, channels]);
      const any = tf.tensor4d(data as Float32Array, [1, 16, 16, channels]);
      [...imageOfLuv(luv(any)).dataSync()].forEach((value, p) => expect(Math.abs(value - data[p]!)).toBeLessThan(2e-3));
    }
  });

  it('fools a network by colours within the bound, and with a small bound does not', async () => {
    const at = async (epsilon: number) => {
      const result = await evaluate('RE_COLOR', { epsilon, steps: 40, learningRate: 0.03, space: 'CIELUV' });
      const { images } = await dataset.read(0, COUNT);
      const [before, after] = [toLevels(images), toLevels(result.images!)].map((levels) => {
        const { data } = fromStored(levels, [COUNT, 28, 28, 1]);
        return [...luv(tf.tensor4d(data as Float32Array, [COUNT, 28, 28, 1])).dataSync()];
      }) as [number[], number[]];
      // Rounding to 8 bits moves the lightness of dark grey by less than a hundredth.
      expect(Math.max(...before.map((value, p) => Math.abs(value - after[p]!)))).toBeLessThan(epsilon + 0.01);
      return [...result.labels.keys()].filter((i) => isFooled(result, i)).length;
    };
    const [few, many] = [await at(0.02), await at(0.5)];
    expect(few).toBeLessThan(many);
  });
});
