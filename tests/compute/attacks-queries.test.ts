/** Attacks without gradients, on the shipped MNIST network: query limits, budgets, and how near they come with few queries. */
import { afterAll, describe, expect, it } from 'vitest';
import { probesOf } from '../../src/compute/attacks/decision/geo-da.js';
import { cosineTransform } from '../../src/compute/attacks/core/cosine-basis.js';
import { type Asking, bisected, isReachedBy } from '../../src/compute/attacks/decision/together.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { randomStream } from '../../src/compute/random.js';
import { sized } from '../sizes.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = sized(4, 16);

const evaluate = (kind: string, parameters: ParameterValues, offset = 0, count = COUNT) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset, count, keepImages: true });

const rightOnes = ({ labels, cleanPrediction }: ShardResult) => [...labels.keys()].filter((i) => cleanPrediction[i] === labels[i]);
const fooledOnes = (result: ShardResult) => rightOnes(result).filter((i) => result.adversarialPrediction[i] !== result.labels[i]);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const DECISIONS: readonly [string, ParameterValues][] = [
  ['RAY_S', {}],
  ['GEO_DA_LINF', { frequencies: 14 }],
  ['GEO_DA_L2', { frequencies: 14 }],
  ['SIGN_OPT', { probes: 30 }],
  ['SUR_FREE', {}],
  ['QEBA', { probes: 20 }],
  ['QEBA', { probes: 20, subspace: 'FREQUENCY' }],
  ['POINTWISE', { refine: false }],
];

describe.each(DECISIONS)('%s %j', (kind, parameters) => {
  const length = findAttack(kind).norms[0]!.toLowerCase() as 'linf' | 'l2' | 'l0';

  it('fools every image by decisions alone, and nearer with more queries, never beyond their limit', async () => {
    const [few, many] = [await evaluate(kind, { ...parameters, queries: 120 }), await evaluate(kind, { ...parameters, queries: 800 })];
    expect(Math.max(...few.queries)).toBeLessThanOrEqual(120);
    expect(Math.max(...many.queries)).toBeLessThanOrEqual(800);
    expect(Math.max(...many.gradients)).toBe(0);
    expect(fooledOnes(many)).toEqual(rightOnes(many));
    const lengths = (result: ShardResult) => median(fooledOnes(result).map((i) => result[length][i]!));
    expect(lengths(many)).toBeLessThan(lengths(few));
  });

  it('makes the same image of an example in any batch', async () => {
    const given = { ...parameters, queries: 150 };
    const [whole, part] = [await evaluate(kind, given), await evaluate(kind, given, 2, COUNT - 2)];
    expect(part.images).toEqual(whole.images!.subarray(2 * 784));
    expect(part.queries).toEqual(whole.queries.subarray(2));
  });
});

const SCORES: readonly [string, ParameterValues, number][] = [
  ['SPARSE_RS', { pixels: 30, queries: 400 }, 30],
  ['SPARSE_RS_PATCH', { side: 8, queries: 400 }, 64],
  ['SPARSE_RS_FRAME', { width: 4, queries: 400 }, 784 - 400],
];

describe.each(SCORES)('%s %j', (kind, parameters, most) => {
  it('changes no more pixels than it may, and no fewer images are fooled with more queries', async () => {
    const [few, many] = [await evaluate(kind, { ...parameters, queries: 5 }), await evaluate(kind, parameters)];
    for (const result of [few, many]) {
      expect(result.budgetViolations).toBe(0);
      expect(Math.max(...result.l0) * 784).toBeLessThanOrEqual(most + 1e-3);
    }
    expect(Math.max(...many.queries)).toBeLessThanOrEqual(400);
    expect(fooledOnes(many).length).toBeGreaterThanOrEqual(fooledOnes(few).length);
    // Frames do not reach the digits.
    if (kind !== 'SPARSE_RS_FRAME') expect(fooledOnes(many).length).toBeGreaterThan(fooledOnes(few).length);
  });
});

describe('attacks by scores', () => {
  it.each([
    ['BANDITS_LINF', { epsilon: 0.3, queries: 600 }, 'UNIFORM_NOISE', { epsilon: 0.3 }],
    ['BANDITS_L2', { epsilon: 4, queries: 600 }, 'GAUSSIAN_NOISE', { epsilon: 4 }],
  ] as const)('%s fools more images than noise of the same budget', async (kind, parameters, noise, given) => {
    const [result, random] = [await evaluate(kind, parameters), await evaluate(noise, given)];
    expect(result.budgetViolations).toBe(0);
    expect(fooledOnes(result).length).toBeGreaterThan(fooledOnes(random).length);
  });

  it('ZOO fools images without gradients, with changes that shrink as it goes on', async () => {
    const given = { coordinates: 64, initialConstant: 2, searchSteps: 1, abortEarly: false, learningRate: 0.1 };
    const [few, many] = [
      await evaluate('ZOO', { ...given, steps: 15, queries: 20_000 }, 0, 3),
      await evaluate('ZOO', { ...given, steps: 80, queries: 20_000 }, 0, 3),
    ];
    expect(Math.max(...many.gradients)).toBe(0);
    expect(fooledOnes(many).length).toBeGreaterThan(0);
    for (const i of fooledOnes(few)) expect(many.l2[i]!).toBeLessThanOrEqual(few.l2[i]! + 1e-6);
  });
});

describe('the pieces', () => {
  it('the cosine transform is undone by its inverse, keeps lengths, and has the mean first', () => {
    const shape = [6, 5, 2] as const;
    const stream = randomStream(1, 'cosines', 0);
    const image = Float32Array.from({ length: 60 }, () => stream.normal());
    const transform = cosineTransform(shape);
    const coefficients = transform.forward(image);
    transform.backward(coefficients).forEach((value, p) => expect(value).toBeCloseTo(image[p]!, 5));
    expect(Math.hypot(...coefficients)).toBeCloseTo(Math.hypot(...image), 4);
    const mean = image.filter((_, p) => p % 2 === 0).reduce((sum, value) => sum + value, 0) / 30;
    expect(coefficients[0]).toBeCloseTo(mean * Math.sqrt(30), 4);
  });

  it("GeoDA's probes grow geometrically from 50 to 80, and keep the limit", () => {
    for (const queries of [500, 1000, 4000, 20_000]) {
      const probes = probesOf(queries, 0.6);
      expect(probes.reduce((sum, count) => sum + count, 0) + 25 * probes.length).toBeLessThanOrEqual(queries + probes.length);
      if (queries >= 1000) expect(probes[0]).toBeGreaterThanOrEqual(50);
      expect(probes[0]).toBeLessThanOrEqual(80);
      for (const [i, count] of probes.slice(1).entries()) expect(count / probes[i]!).toBeCloseTo(0.6 ** (-2 / 3), 1);
    }
  });

  it('a bisection ends at the boundary, on the side that reaches the goal', () => {
    const search: Asking<number> = bisected(0, 1, 1e-4, (value) => isReachedBy((image) => (image[0] = value)));
    const image = new Float32Array(1);
    for (;;) {
      const { value, done } = search.next();
      if (done) {
        expect(value).toBeGreaterThanOrEqual(0.3);
        expect(value).toBeLessThan(0.3001 + 1e-4);
        return;
      }
      value.draw(0, image);
      value.see(0, image, image[0]! >= 0.3);
    }
  });
});
