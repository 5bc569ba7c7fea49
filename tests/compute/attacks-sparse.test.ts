/** Sparse and minimum-norm attacks on the shipped MNIST network: what they find beside older attacks, and the steps that they are made of. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { fewestPixels } from '../../src/compute/attacks/norms/l0.js';
import { PROXIMAL } from '../../src/compute/attacks/norms/proximal.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { sized } from '../sizes.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = sized(8, 24);

const evaluate = (kind: string, parameters: ParameterValues = {}) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: true });

const rightOnes = ({ labels, cleanPrediction }: ShardResult) => [...labels.keys()].filter((i) => cleanPrediction[i] === labels[i]);
const isFooled = ({ labels, adversarialPrediction }: ShardResult, i: number) => adversarialPrediction[i] !== labels[i];
const lengthsOf = (result: ShardResult, kind: string) => {
  const length = findAttack(kind).norms[0]!.toLowerCase() as 'linf' | 'l2' | 'l1' | 'l0';
  return rightOnes(result).map((i) => (isFooled(result, i) ? result[length][i]! : Infinity));
};
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

type Row = readonly [kind: string, parameters: ParameterValues, baseline: string, given: ParameterValues, most: number];

/** Its steps are solved on the host, example by example. */
const BOUNDARY: readonly Row[] = [
  ['BRENDEL_BETHGE_L2', { steps: 100 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['BRENDEL_BETHGE_L1', { steps: 100 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['BRENDEL_BETHGE_L0', { steps: 100 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['BRENDEL_BETHGE_LINF', { steps: 100 }, 'FGSM', { epsilon: 0.6 }, 1],
];

/** The attack, fewer steps than its default, and an older attack with what its median length may be at most, in units of that one's. */
const ATTACKS: readonly Row[] = [
  ...sized<readonly Row[]>([], BOUNDARY),
  ['SIGMA_ZERO', { steps: 100 }, 'JSMA', {}, 1],
  ['SPARSE_FOOL', { steps: 60, candidates: 3 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['ALMA_L2', { steps: 100 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['ALMA_L1', { steps: 100 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['PDPGD_L2', { steps: 100 }, 'FAST_GRADIENT_L2', { epsilon: 5 }, 1],
  ['PDPGD_LINF', { steps: 100 }, 'FGSM', { epsilon: 0.6 }, 1],
  ['PDPGD_L0', { steps: 150 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['SUPER_DEEP_FOOL', { candidates: 3 }, 'DEEP_FOOL_L2', { candidates: 3 }, 1],
  ['NEWTON_FOOL', {}, 'DEEP_FOOL_L2', { candidates: 3 }, 1.1],
];

describe.each(ATTACKS)('%s', (kind, parameters, baseline, given, most) => {
  it('fools the model on every image, with changes no longer than the older attack needs', async () => {
    const [found, older] = [await evaluate(kind, parameters), await evaluate(baseline, given)];
    expect(rightOnes(found).every((i) => isFooled(found, i))).toBe(true);
    // In this attack's norm, and over the images that the older one fools.
    const [now, before] = [lengthsOf(found, kind), lengthsOf(older, kind)];
    const both = [...before.keys()].filter((i) => before[i]! < Infinity);
    expect(both.length).toBeGreaterThan(COUNT / 3);
    expect(median(both.map((i) => now[i]!))).toBeLessThanOrEqual(most * median(both.map((i) => before[i]!)));
  });

  it('leaves images unchanged that need a longer change than its limit', async () => {
    const free = lengthsOf(await evaluate(kind, parameters), kind);
    const limit = [...free].sort((a, b) => a - b)[Math.floor(free.length / 2)]!;
    const isCounted = findAttack(kind).norms[0] === 'L0';
    const limited = await evaluate(kind, { ...parameters, epsilon: isCounted ? Math.round(784 * limit) : 1.0001 * limit });
    expect(limited.budgetViolations).toBe(0);
    for (const i of rightOnes(limited)) expect(limited.l0[i]! > 0).toBe(isFooled(limited, i));
    expect(rightOnes(limited).filter((i) => isFooled(limited, i)).length).toBeGreaterThanOrEqual(free.filter((one) => one <= limit).length);
  });
});

describe('PGD in L0', () => {
  it('changes at most k pixels, and fools at least as many images with more of them', async () => {
    const robust: number[] = [];
    for (const pixels of [3, 20]) {
      const result = await evaluate('PGD_L0', { pixels, steps: 40 });
      expect(result.budgetViolations).toBe(0);
      expect(Math.max(...result.l0) * 784).toBeLessThanOrEqual(pixels + 1e-3);
      robust.push(rightOnes(result).filter((i) => !isFooled(result, i)).length);
    }
    expect(robust[1]).toBeLessThan(robust[0]!);
  });
});

describe('projections and proximal operators', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('leave exactly k pixels, in all channels, also where changes are equal', () => {
    const original = tf.zeros([1, 4, 4, 3]);
    const moved = tf.tidy(() => fewestPixels.project(tf.fill([1, 4, 4, 3], 0.5), original, tf.fill([1, 1, 1, 1], 5)));
    const values = [...moved.dataSync()];
    const pixels = Array.from({ length: 16 }, (_, at) => values.slice(3 * at, 3 * at + 3));
    expect(pixels.filter((channels) => channels.some((value) => value !== 0))).toHaveLength(5);
    expect(pixels.filter((channels) => channels.every((value) => value === 0.5))).toHaveLength(5);
  });

  it('solve min ‖z - x‖² / 2 + λ ‖z‖: no point near by is better', () => {
    const x = Float32Array.from([0.9, -0.4, 0.05, -0.02, 0.3, 0.6]);
    const weight = 0.1;
    const norms = {
      L0: (z: Float32Array) => z.reduce((sum, value) => sum + Math.abs(value) ** (2 / 3), 0),
      L1: (z: Float32Array) => z.reduce((sum, value) => sum + Math.abs(value), 0),
      L2: (z: Float32Array) => Math.hypot(...z),
      LINF: (z: Float32Array) => Math.max(...z.map(Math.abs)),
    };
    for (const norm of ['L0', 'L1', 'L2', 'LINF'] as const) {
      const objective = (z: Float32Array) => z.reduce((sum, value, p) => sum + (value - x[p]!) ** 2 / 2, 0) + weight * norms[norm](z);
      const z = Float32Array.from(tf.tidy(() => PROXIMAL[norm](tf.tensor(x, [1, 1, 6, 1]), tf.fill([1, 1, 1, 1], weight)).dataSync()));
      const best = objective(z);
      for (let p = 0; p < x.length; p++) {
        for (const step of [-0.05, -0.01, 0.01, 0.05]) {
          const other = z.slice();
          other[p]! += step;
          expect(objective(other), `${norm}, value ${p}`).toBeGreaterThanOrEqual(best - 1e-6);
        }
        const zeroed = z.slice();
        zeroed[p] = 0;
        expect(objective(zeroed), `${norm}, value ${p} at 0`).toBeGreaterThanOrEqual(best - 1e-6);
      }
    }
  });
});
