import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { failure, refusal } from './fixtures.js';
import { itWhole, sized } from '../sizes.js';

let test: Dataset;
let eager: Engine;
let compiled: Engine;
let baseline: DifferentiableModel;
let adversarial: DifferentiableModel;

const shipped = (name: string) => loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${name}` });

beforeAll(async () => {
  [test, eager, compiled, baseline, adversarial] = [
    await openDataset({ format: 'mnist', split: 'test' }),
    await createEngine({ engine: 'eager:cpu' }),
    await testEngine(),
    await shipped('mnist-baseline'),
    await shipped('mnist-adversarial'),
  ];
});

afterAll(() => Promise.all([test.close(), eager.dispose(), compiled.dispose()]));

interface Options {
  readonly engine?: Engine;
  readonly model?: DifferentiableModel;
  readonly offset?: number;
  readonly count?: number;
  readonly seed?: number;
}

function evaluate(
  kind: string,
  epsilon: number,
  { engine = compiled, model = baseline, offset = 0, count = sized(300, 1000), seed = 1 }: Options = {},
) {
  return evaluateShard({ engine, model, dataset: test, attack: { kind, parameters: { epsilon } }, seed, offset, count, keepImages: true });
}

const share = (predictions: Int32Array, { labels }: ShardResult) => predictions.filter((p, i) => p === labels[i]).length / labels.length;

describe('the shipped baseline', () => {
  it('classifies at least 98.5 % of the test images, and FGSM fools it', async () => {
    const count = sized(1000, 10_000);
    const result = await evaluate('FGSM', 0.2, { count });
    expect(result.count).toBe(count);
    expect(share(result.cleanPrediction, result)).toBeGreaterThanOrEqual(0.985);
    expect(share(result.adversarialPrediction, result)).toBeLessThan(0.6);
    expect(result.budgetViolations).toBe(0);
    expect(Math.max(...result.linf)).toBeLessThanOrEqual(Math.fround(0.2));
  });

  it('is fooled at least as often by iter. basic as by FGSM', async () => {
    for (const epsilon of [8 / 255, 0.1]) {
      const [once, often] = [await evaluate('FGSM', epsilon, { count: 300 }), await evaluate('ITER_BASIC', epsilon, { count: 300 })];
      expect(share(often.adversarialPrediction, often)).toBeLessThanOrEqual(share(once.adversarialPrediction, once));
    }
  });

  it.each(sized([0.2], [0.1, 0.2, 0.3]))(
    'under FGSM at ε = %f predicts the same on the compiled engine as on the reference',
    async (epsilon) => {
      const count = sized(16, 64);
      const [fast, reference] = [await evaluate('FGSM', epsilon, { count }), await evaluate('FGSM', epsilon, { count, engine: eager })];
      expect(fast.cleanPrediction).toEqual(reference.cleanPrediction);
      expect(fast.adversarialPrediction).toEqual(reference.adversarialPrediction);
    },
  );
});

describe('the shipped adversarially trained model', () => {
  itWhole('is robust to one-step attacks that fool the baseline, and not to iterative ones (findings F1 and F2)', async () => {
    for (const epsilon of sized([0.2], [0.1, 0.2, 0.3])) {
      const [plain, hardened] = [await evaluate('FGSM', epsilon), await evaluate('FGSM', epsilon, { model: adversarial })];
      expect(share(hardened.cleanPrediction, hardened)).toBeGreaterThanOrEqual(0.98);
      expect(share(hardened.adversarialPrediction, hardened)).toBeGreaterThan(share(plain.adversarialPrediction, plain) + 0.1);
    }
    const [once, often] = [
      await evaluate('FGSM', 0.3, { model: adversarial }),
      await evaluate('ITER_BASIC', 0.3, { model: adversarial, count: 64 }),
    ];
    expect(share(often.adversarialPrediction, often)).toBeLessThan(share(once.adversarialPrediction, once));
  });
});

describe('a shard', () => {
  it.each(['STEP_RND', 'FGSM'])('has the same outcome for an example in any shard: %s', async (kind) => {
    const whole = await evaluate(kind, 0.15, { offset: 40, count: 60 });
    const parts = [await evaluate(kind, 0.15, { offset: 40, count: 7 }), await evaluate(kind, 0.15, { offset: 47, count: 53 })];
    for (const key of ['labels', 'cleanPrediction', 'adversarialPrediction', 'linf', 'l2', 'l0', 'images'] as const) {
      expect(parts.flatMap((part) => Array.from(part[key]!))).toEqual(Array.from(whole[key]!));
    }
  });

  it('has arrays of its length, also if empty, and stays inside the data set', async () => {
    const last = await evaluate('STEP_LL', 0.1, { offset: 9_990, count: 50 });
    expect(last.count).toBe(10);
    for (const value of Object.values(last)) if (ArrayBuffer.isView(value)) expect([10, 7840]).toContain((value as Int32Array).length);
    expect((await evaluate('STEP_LL', 0.1, { offset: 10_000 })).count).toBe(0);
  });

  it('changes nothing at ε = 0', async () => {
    const result = await evaluate('ITER_BASIC', 0, { count: 20 });
    expect(result.adversarialPrediction).toEqual(result.cleanPrediction);
    expect(Math.max(...result.linf, ...result.l0)).toBe(0);
  });

  it('counts top-5 at least as often as top-1', async () => {
    const result = await evaluate('FGSM', 0.3, { count: 200 });
    result.adversarialPrediction.forEach((prediction, i) => prediction === result.labels[i] && expect(result.adversarialTop5[i]).toBe(1));
  });

  it('refuses a model that does not fit the data', async () => {
    const colour = await buildArchitecture('resnet-20', { seed: 1 });
    expect(await failure(evaluate('FGSM', 0.1, { model: colour }))).toMatchObject(
      refusal('MODEL_DATASET_MISMATCH', /\[32, 32, 3\].*\[28, 28, 1\]/),
    );
    const few = await buildArchitecture('mlp', { seed: 1, classCount: 5 });
    expect(await failure(evaluate('FGSM', 0.1, { model: few }))).toMatchObject(refusal('MODEL_DATASET_MISMATCH', /5 classes.*10/));
  });

  it('refuses attacks and budgets that do not exist', async () => {
    expect(await failure(evaluate('MAGIC', 0.1))).toMatchObject(refusal('INVALID_ATTACK', /Known attacks: FGSM/));
    expect(await failure(evaluate('FGSM', -1))).toMatchObject({ code: 'INVALID_ATTACK', path: ['epsilon'] });
  });
});

describe('success that is decided on floats', () => {
  const judged = (judging: 'STORED' | 'FLOAT', kind: string, parameters: object, count = 24) =>
    evaluateShard({
      engine: compiled,
      model: baseline,
      dataset: test,
      attack: { kind, parameters: { ...parameters } },
      judging,
      seed: 1,
      offset: 0,
      count,
      keepImages: true,
    });

  it.each([
    ['FGSM', { epsilon: 0.031 }, 'linf', 0.031],
    ['PGD', { epsilon: 0.031, steps: 3 }, 'linf', 0.031],
    ['PGD_L2', { epsilon: 0.3, steps: 3 }, 'l2', 0.3],
    ['APGD_CE_L2', { epsilon: 0.3, steps: 5 }, 'l2', 0.3],
    ['SQUARE_LINF', { epsilon: 0.031, queries: 20 }, 'linf', 0.031],
    ['SQUARE_L2', { epsilon: 0.3, queries: 20 }, 'l2', 0.3],
    ['DDN', { epsilon: 1, steps: 10 }, 'l2', 1],
    ['FMN_L1', { epsilon: 5, steps: 10 }, 'l1', 5],
    ['HOP_SKIP_JUMP_LINF', { epsilon: 0.1, queries: 200 }, 'linf', 0.1],
  ] as const)('uses all of ε and no more: %s', async (kind, parameters, norm, epsilon) => {
    const result = await judged('FLOAT', kind, parameters);
    expect(result.budgetViolations).toBe(0);
    expect(result.images).toBeInstanceOf(Float32Array);
    expect(Math.max(...result[norm])).toBeLessThanOrEqual(epsilon * (1 + 1e-5));
    // 0.031 is 7.9 levels, of which a stored image uses 7.
    if (kind === 'FGSM') expect(Math.max(...result.linf)).toBeCloseTo(epsilon, 6);
  });

  it('is told of stored images too, and the other way round', async () => {
    const [stored, float] = [
      await judged('STORED', 'FGSM', { epsilon: 0.155 }, 200),
      await judged('FLOAT', 'FGSM', { epsilon: 0.155 }, 200),
    ];
    // One step makes the same floats for either.
    expect([...stored.otherPrediction]).toEqual([...float.adversarialPrediction]);
    expect([...float.otherPrediction]).toEqual([...stored.adversarialPrediction]);
    expect([...stored.otherPrediction]).not.toEqual([...stored.adversarialPrediction]);
  });

  it('finds shorter changes where none of them is rounded', async () => {
    const mean = ({ l2 }: ShardResult) => l2.reduce((sum, value) => sum + value, 0) / l2.length;
    const [stored, float] = [await judged('STORED', 'FAB_L2', { steps: 10 }), await judged('FLOAT', 'FAB_L2', { steps: 10 })];
    expect(mean(float)).toBeLessThan(mean(stored));
    expect(share(float.adversarialPrediction, float)).toBe(0);
  });
});
