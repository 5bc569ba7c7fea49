/** Minimum-norm attacks beside the originals: as short, with their defaults and their options. On a shipped model and real images, on floats as the originals do. */
import { afterAll, describe, expect, it } from 'vitest';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const run = (kind: string, parameters: ParameterValues = {}, count = 8) =>
  evaluateShard({
    engine,
    model,
    dataset,
    attack: { kind, parameters },
    seed: 1,
    offset: 0,
    count,
    keepImages: true,
    judging: 'FLOAT',
  });

/** The model gets all of the first images right. */
const rows = ({ count }: ShardResult) => [...Array(count).keys()];
const isFooled = ({ labels, adversarialPrediction, target }: ShardResult, i: number) =>
  Number.isNaN(target[i]) ? adversarialPrediction[i] !== labels[i] : adversarialPrediction[i] === target[i];
const lengths = (kind: string, result: ShardResult) => {
  const norm = findAttack(kind).norms[0]!.toLowerCase() as 'linf' | 'l2' | 'l1' | 'l0';
  const values = norm === 'l0' ? 28 * 28 : 1;
  return rows(result).map((i) => (isFooled(result, i) ? values * result[norm][i]! : Infinity));
};
const median = (kind: string, result: ShardResult) => {
  const sorted = lengths(kind, result).sort((a, b) => a - b);
  return (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2;
};
const gradients = (result: ShardResult) => [...result.gradients];

/**
 * Median distances of the originals for the first 24 images of MNIST's test set, with 100 steps: FMN, DDN and DeepFool of adversarial-library 0.2.8 (DeepFool with its 50
 * steps), JSMA of torchattacks 3.5.1 towards the least likely class with γ = 1. That FMN-L2 finds nothing for 11 of the images: DDN's distance stands for it.
 */
const ORIGINALS: readonly (readonly [string, ParameterValues, number])[] = [
  ['FMN_L0', {}, 7.5],
  ['FMN_L1', {}, 6.0067],
  ['FMN_L2', {}, 1.0975],
  ['FMN_LINF', {}, 0.0887],
  ['DDN', {}, 1.0975],
  ['DEEP_FOOL_L2', {}, 1.2276],
  ['DEEP_FOOL_LINF', {}, 0.103],
  ['JSMA', { target: 'LEAST_LIKELY' }, 60],
];

it.each(ORIGINALS)('%s finds changes that are at most 1.02 times as long as those of the original', async (kind, parameters, original) => {
  expect(median(kind, await run(kind, parameters, 24)) / original).toBeLessThanOrEqual(1.02);
});

it.each([
  ['CW_LINF', { steps: 1000, learningRate: 0.005, initialConstant: 1e-5, largestConstant: 20, constantFactor: 2, tauDecay: 0.9 }],
  ['CW_LINF', { reduceConstant: false, warmStart: true, abortEarly: true, confidence: 0 }],
  ['CW_L2', { learningRate: 0.01, searchSteps: 9, initialConstant: 1e-3, abortEarly: true, confidence: 0 }],
  ['EAD', { rule: 'ELASTIC_NET', beta: 1e-3, learningRate: 0.01, searchSteps: 9, initialConstant: 1e-3, abortEarly: true, confidence: 0 }],
  ['FAB_LINF', { steps: 100, restarts: 1, alphaMax: 0.1, eta: 1.05, beta: 0.9 }],
  ['FAB_T_L2', { steps: 100, restarts: 1, alphaMax: 0.1, eta: 1.05, beta: 0.9, targets: 9 }],
  ['FMN_L2', { alpha: 1, gamma: 0.05, gammaFinal: 0.001, start: 'ORIGINAL', binarySearchSteps: 10 }],
  ['DDN', { steps: 100, gamma: 0.05, initialEpsilon: 1 }],
  ['DEEP_FOOL_L2', { steps: 50, overshoot: 0.02, candidates: 9 }],
  ['JSMA', { theta: 1, decrease: false, inPairs: true }],
] as const)('%s has the defaults of the original', (kind, defaults) => {
  expect(validateParameters(findAttack(kind), {})).toMatchObject(defaults);
});

describe("the originals' options", () => {
  const QUICK = { steps: 20, initialConstant: 0.1, learningRate: 0.1 };

  it('of C&W L∞ say when a pair of constants is over, and what the next is', async () => {
    const of = (given: ParameterValues = {}) => run('CW_LINF', { ...QUICK, ...given }, 4);
    const plain = await of();
    const whole = await of({ abortEarly: false });
    for (const i of rows(plain)) {
      expect(whole.gradients[i]! % QUICK.steps).toBe(0);
      expect(whole.gradients[i]).toBeGreaterThan(plain.gradients[i]!);
    }
    expect(median('CW_LINF', await of({ confidence: 5 }))).toBeGreaterThan(1.05 * median('CW_LINF', plain));
    // Nothing is tried beyond the first constant.
    const first = await of({ largestConstant: 0.15, abortEarly: false });
    expect(Math.max(...gradients(first))).toBeLessThan(Math.max(...gradients(whole)));
    for (const other of [{ warmStart: false }, { reduceConstant: true }, { constantFactor: 4 }, { tauDecay: 0.5 }]) {
      const result = await of(other);
      expect(gradients(result)).not.toEqual(gradients(plain));
      expect(rows(result).filter((i) => isFooled(result, i)).length).toBeGreaterThan(0);
    }
  });

  it.each(['CW_L2', 'EAD'])('of %s end a constant early, or not', async (kind) => {
    const given = { steps: 40, searchSteps: 3, initialConstant: 1, learningRate: 0.2 };
    const [early, whole] = [await run(kind, given), await run(kind, { ...given, abortEarly: false })];
    for (const i of rows(whole)) expect(whole.gradients[i]).toBe(120);
    expect(Math.min(...gradients(early))).toBeLessThan(120);
    expect(median(kind, whole)).toBeLessThanOrEqual(1.05 * median(kind, early));
  });

  it('of FAB are the bias, the overshoot and the step back', async () => {
    const of = (given: ParameterValues = {}) => run('FAB_L2', { steps: 15, candidates: 3, ...given });
    const plain = median('FAB_L2', await of());
    expect(median('FAB_L2', await of({ eta: 1.5 }))).toBeGreaterThan(plain);
    // No step back and no bias: it stays where it first crosses the boundary.
    expect(median('FAB_L2', await of({ beta: 1, alphaMax: 0 }))).toBeGreaterThan(plain);
    expect(median('FAB_L2', await of({ alphaMax: 1 }))).not.toBe(plain);
  });

  it('of FMN are the annealing, and a start on the boundary to the nearest image of another class', async () => {
    const one = { steps: 1 };
    const [original, boundary] = [await run('FMN_L2', one), await run('FMN_L2', { ...one, start: 'DATA_SET' })];
    expect(rows(original).some((i) => isFooled(original, i))).toBe(false);
    expect(rows(boundary).every((i) => isFooled(boundary, i))).toBe(true);
    expect([...boundary.queries]).toEqual(rows(boundary).map(() => 11));
    const exact = await run('FMN_L2', { ...one, start: 'DATA_SET', binarySearchSteps: 20 });
    for (const i of rows(exact)) expect(exact.l2[i]).toBeLessThanOrEqual(boundary.l2[i]! + 1e-6);
    for (const kind of ['FMN_L0', 'FMN_L1', 'FMN_LINF']) {
      const result = await run(kind, { ...one, start: 'DATA_SET', target: 'RANDOM' });
      expect(rows(result).every((i) => isFooled(result, i))).toBe(true);
    }
    const annealed = (given: ParameterValues) => run('FMN_L2', { steps: 20, ...given });
    const plain = median('FMN_L2', await annealed({}));
    for (const given of [{ alphaFinal: 1 }, { gammaFinal: 0.05 }]) expect(median('FMN_L2', await annealed(given))).not.toBe(plain);
  });

  it('of DDN are the first length and the levels of its images', async () => {
    // The second image that is looked at has grown from it once; pixels at their ends make it shorter.
    const longest = async (initialEpsilon: number) => Math.max(...(await run('DDN', { steps: 2, initialEpsilon })).l2);
    expect(await longest(4)).toBeGreaterThan(2);
    expect(await longest(4)).toBeLessThanOrEqual(4.2 + 1e-4);
    expect(await longest(2)).toBeLessThanOrEqual(2.1 + 1e-4);
    const coarse = await run('DDN', { levels: 16 });
    for (const i of rows(coarse)) expect(isFooled(coarse, i)).toBe(true);
    for (const value of coarse.images!) expect(Math.abs(15 * value - Math.round(15 * value))).toBeLessThan(1e-4);
  });

  it('of JSMA are pairs or single pixels, of those that are not at their end', async () => {
    const { images } = await dataset.read(0, 8);
    for (const inPairs of [true, false]) {
      const result = await run('JSMA', { inPairs });
      const counts = lengths('JSMA', result).map(Math.round);
      if (inPairs) for (const count of counts) expect(count % 2).toBe(0);
      else expect(counts.some((count) => count % 2 === 1)).toBe(true);
      result.images!.forEach((value: number, p: number) => {
        if (images[p]! > 252) expect(value).toBeCloseTo(images[p]! / 255, 6);
      });
    }
  });
});
