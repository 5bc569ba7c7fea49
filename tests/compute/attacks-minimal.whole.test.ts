/** Attacks that look for the smallest change, on the shipped models and real images. */
import { afterAll, describe, expect, it } from 'vitest';
import { minimiseInBox } from '../../src/compute/attacks/minimum-norm/box-lbfgs.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { bestPair } from '../../src/compute/attacks/minimum-norm/jsma.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { mnistBaseline } from './mnist-baseline.js';
import { randomStream } from '../../src/compute/random.js';

const { engine, dataset, model, close } = await mnistBaseline(8);

afterAll(close);

/** Enough images for a median. */
const COUNT = 16;

/** Fewer steps than by default where an attack takes thousands. */
const SHORT: Readonly<Record<string, ParameterValues>> = {
  FAB_LINF: { steps: 20, candidates: 3 },
  FAB_L2: { steps: 20, candidates: 3 },
  FAB_L1: { steps: 20, candidates: 3 },
  FAB_T_LINF: { steps: 15, targets: 3 },
  FAB_T_L2: { steps: 15, targets: 3 },
  FAB_T_L1: { steps: 15, targets: 3 },
  CW_L2: { steps: 100, searchSteps: 5, initialConstant: 1, learningRate: 0.2 },
  CW_LINF: { steps: 10, initialConstant: 0.1, learningRate: 0.1 },
  EAD: { steps: 60, searchSteps: 4, initialConstant: 0.1 },
  LBFGS: { steps: 30, searchSteps: 4, initialConstant: 1 },
};

const run = (kind: string, given: ParameterValues = {}, offset = 0, count = COUNT) =>
  evaluateShard({
    engine,
    model,
    dataset,
    attack: { kind, parameters: { ...SHORT[kind], ...given } },
    seed: 1,
    offset,
    count,
    keepImages: true,
  });

/** The attack with the parameters of {@link SHORT}, run once for all tests. */
const results = new Map<string, Promise<ShardResult>>();
const found = (kind: string): Promise<ShardResult> => {
  if (!results.has(kind)) results.set(kind, run(kind));
  return results.get(kind)!;
};

type Length = 'linf' | 'l2' | 'l1' | 'l0';
const lengthOf = (kind: string) => findAttack(kind).norms[0]!.toLowerCase() as Length;

/** Median over the images that the model gets right; an image that is not fooled counts as infinitely far. */
function median(result: ShardResult, length: Length): number {
  const lengths = rightOnes(result).map((i) => (isFooled(result, i) ? result[length][i]! : Infinity));
  return lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 2)]!;
}
const rightOnes = ({ labels, cleanPrediction }: ShardResult) => [...labels.keys()].filter((i) => cleanPrediction[i] === labels[i]);
const isFooled = ({ labels, adversarialPrediction }: ShardResult, i: number) => adversarialPrediction[i] !== labels[i];

const KINDS = [
  ...['DDN', 'FMN_L0', 'FMN_L1', 'FMN_L2', 'FMN_LINF', 'DEEP_FOOL_L2', 'DEEP_FOOL_LINF', 'JSMA'],
  ...['FAB_LINF', 'FAB_L2', 'FAB_L1', 'FAB_T_LINF', 'FAB_T_L2', 'FAB_T_L1', 'CW_L2', 'CW_LINF', 'EAD', 'LBFGS'],
];

describe.each(KINDS)('%s', (kind) => {
  it('fools the model on every stored image, and counts queries and gradients', async () => {
    const result = await found(kind);
    const right = rightOnes(result);
    expect(right.filter((i) => isFooled(result, i))).toEqual(right);
    expect(Math.min(...right.map((i) => result.queries[i]!))).toBeGreaterThan(0);
    expect(Math.min(...right.map((i) => result.gradients[i]!))).toBeGreaterThan(0);
    expect(Math.min(...right.map((i) => result[lengthOf(kind)][i]!))).toBeGreaterThan(0);
  });

  it('leaves images unchanged whose smallest change exceeds the limit, and fools all others', async () => {
    const free = await found(kind);
    const length = lengthOf(kind);
    const [limit, unit] = [median(free, length), length === 'l0' ? free.images!.length / free.count : 1];
    const limited = await run(kind, { epsilon: 1.00001 * limit * unit });
    expect(limited.budgetViolations).toBe(0);
    for (const i of rightOnes(limited)) expect(limited[length][i]! > 0).toBe(isFooled(limited, i));
    const within = rightOnes(free).filter((i) => free[length][i]! <= limit);
    expect(rightOnes(limited).filter((i) => isFooled(limited, i)).length).toBeGreaterThanOrEqual(within.length);
    expect(rightOnes(limited).some((i) => !isFooled(limited, i))).toBe(true);
  });
});

// One of each kind of search.
it.each(['DDN', 'FMN_L1', 'DEEP_FOOL_L2', 'JSMA', 'FAB_LINF', 'FAB_T_L2', 'CW_L2', 'CW_LINF', 'EAD', 'LBFGS'])(
  '%s finds the same however the batch is split',
  async (kind) => {
    const whole = await found(kind);
    const half = await run(kind, {}, COUNT / 2, COUNT / 2);
    const size = whole.images!.length / COUNT;
    expect(half.images).toEqual(whole.images!.subarray((COUNT / 2) * size));
    expect(half.queries).toEqual(whole.queries.subarray(COUNT / 2));
    expect(half.gradients).toEqual(whole.gradients.subarray(COUNT / 2));
  },
);

describe('the smallest change', () => {
  it('in L2 is smaller for attacks that search longer', async () => {
    const [ddn, fmn, fab, cw, lbfgs, deepFool] = await Promise.all(
      ['DDN', 'FMN_L2', 'FAB_L2', 'CW_L2', 'LBFGS', 'DEEP_FOOL_L2'].map(async (kind) => median(await found(kind), 'l2')),
    );
    expect(Math.abs(fmn! / ddn! - 1)).toBeLessThan(0.05);
    for (const other of [fab, cw]) expect(Math.abs(other! / ddn! - 1)).toBeLessThan(0.15);
    // Four values of c are few.
    expect(Math.abs(lbfgs! / ddn! - 1)).toBeLessThan(0.3);
    for (const better of [ddn, fmn, fab, cw]) expect(better).toBeLessThan(deepFool!);
  });

  it('in L∞ is smaller than the smallest budget at which FGSM fools half of the images', async () => {
    const grid = Array.from({ length: 15 }, (_, i) => (4 * (i + 1)) / 255);
    let enough = Infinity;
    for (const epsilon of grid) {
      const fgsm = await run('FGSM', { epsilon });
      const share = rightOnes(fgsm).filter((i) => isFooled(fgsm, i)).length / rightOnes(fgsm).length;
      if (share > 0.5) enough = Math.min(enough, epsilon);
    }
    for (const kind of ['FAB_LINF', 'FAB_T_LINF', 'FMN_LINF', 'DEEP_FOOL_LINF'])
      expect(median(await found(kind), 'linf')).toBeLessThanOrEqual(enough);
  });

  it('in L1 and L0 is smaller for attacks made for that norm', async () => {
    const l2 = median(await found('DDN'), 'l1');
    for (const kind of ['FAB_L1', 'FMN_L1', 'EAD']) expect(median(await found(kind), 'l1')).toBeLessThan(l2);
    const [few, pairs, many] = [await found('FMN_L0'), await found('JSMA'), await found('FMN_L1')].map((result) => median(result, 'l0'));
    expect(few).toBeLessThanOrEqual(pairs!);
    expect(few).toBeLessThan(many!);
  });

  it.each(['FMN_L2', 'FMN_L0', 'JSMA', 'CW_L2', 'LBFGS'])('is larger towards a target (%s)', async (kind) => {
    const targeted = await run(kind, { target: 'LEAST_LIKELY' });
    expect(median(targeted, lengthOf(kind))).toBeGreaterThanOrEqual(median(await found(kind), lengthOf(kind)));
  });

  it('of EAD is smaller in L1 by the L1 rule than by that of the elastic net', async () => {
    expect(median(await run('EAD', { rule: 'L1' }), 'l1')).toBeLessThanOrEqual(median(await found('EAD'), 'l1'));
  });

  it('of C&W is larger with confidence', async () => {
    expect(median(await run('CW_L2', { confidence: 5 }), 'l2')).toBeGreaterThan(1.05 * median(await found('CW_L2'), 'l2'));
  });

  it('of FAB is not larger with more starts', async () => {
    const [once, often] = [await found('FAB_L2'), await run('FAB_L2', { restarts: 2 })];
    for (const i of rightOnes(once)) expect(often.l2[i]!).toBeLessThanOrEqual(once.l2[i]! + 1e-6);
  });
});

it('DeepFool and JSMA stop where the model is fooled', async () => {
  for (const kind of ['DEEP_FOOL_L2', 'JSMA']) {
    const { queries } = await found(kind);
    expect(new Set(queries).size).toBeGreaterThan(1);
  }
});

it('JSMA keeps its limit on the share of pixels', async () => {
  const result = await run('JSMA', { gamma: 0.01 });
  expect(Math.max(...result.l0)).toBeLessThanOrEqual(0.01);
  expect(rightOnes(result).some((i) => !isFooled(result, i))).toBe(true);
});

it('parameters outside of their range are refused', () => {
  expect(() => validateParameters(findAttack('JSMA'), { theta: 0 })).toThrow(/theta/);
  expect(() => validateParameters(findAttack('DEEP_FOOL_L2'), { candidates: 0 })).toThrow(/candidates/);
});

describe('the best pair of a saliency map', () => {
  it('is that of a search of all pairs', () => {
    for (let seed = 0; seed < 200; seed++) {
      const stream = randomStream(seed, 'pairs', 0);
      const size = 3 + stream.integer(40);
      // A few values only, so that ties happen.
      const [gain, relief] = [0, 1].map(() => Array.from({ length: size }, () => Math.round(4 * stream.normal())));
      const score = (p: number, q: number) => {
        const [gains, reliefs] = [gain![p]! + gain![q]!, relief![p]! + relief![q]!];
        return gains > 0 && reliefs > 0 ? gains * reliefs : 0;
      };
      let best = 0;
      for (let p = 0; p < size; p++) for (let q = 0; q < p; q++) best = Math.max(best, score(p, q));
      const pair = bestPair(
        Int32Array.from({ length: size }, (_, p) => p),
        (p) => gain![p]!,
        (p) => relief![p]!,
      );
      expect(pair.length).toBe(best > 0 ? 2 : 0);
      if (best > 0) expect(score(pair[0]!, pair[1]!)).toBe(best);
    }
  });
});

describe('L-BFGS in a box', () => {
  it('finds the minima of quadratics, some at the end of the range, in fewer steps than values', async () => {
    const [n, size] = [10, 30];
    const stream = randomStream(1, 'quadratics', 0);
    const curvature = Float32Array.from({ length: n * size }, () => 10 ** (2 * stream.uniform() - 1));
    const centre = Float32Array.from({ length: n * size }, () => 3 * stream.uniform() - 1);
    const start: HostTensor = { dtype: 'float32', shape: [n, size], data: new Float32Array(n * size).fill(0.5) };
    const { x, evaluations } = await minimiseInBox(start, 200, async (at, rows) => {
      const gradients = new Float32Array(at.data.length);
      const values = Float32Array.from(rows, (i, row) => {
        let value = 0;
        for (let p = 0; p < size; p++) {
          const off = at.data[row * size + p]! - centre[i * size + p]!;
          value += (curvature[i * size + p]! * off ** 2) / 2;
          gradients[row * size + p] = curvature[i * size + p]! * off;
        }
        return value;
      });
      return Promise.resolve({ values, gradients });
    });
    centre.forEach((value, at) => expect(Math.abs(x.data[at]! - Math.min(1, Math.max(0, value)))).toBeLessThan(0.02));
    expect(Math.max(...evaluations)).toBeLessThan(100);
  });
});
