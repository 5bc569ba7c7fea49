/** Attacks towards a class, on a shipped model and real images: what they reach, and at what price. */
import { afterAll, describe, expect, it } from 'vitest';
import { attacks, findAttack } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { argmaxRows, argminRows } from '../../src/compute/tensors/scores.js';
import { fromStored, toLevels } from '../../src/compute/distances/stored-image.js';
import { predict } from '../../src/compute/models/functions.js';
import { mnistBaseline } from './mnist-baseline.js';
import { isTargeted, isSuccess, reachesTarget } from '../../src/results/outcomes.js';
import { summarise } from '../../src/results/summary.js';

const { engine, dataset, model, close } = await mnistBaseline(12);

afterAll(close);

const COUNT = 12;

/** Fewer steps and queries than by default where an attack takes thousands, and budgets that let about half of the targets be reached. */
const GIVEN: Readonly<Record<string, ParameterValues>> = {
  BRENDEL_BETHGE_L0: { steps: 60 },
  BRENDEL_BETHGE_L1: { steps: 60 },
  BRENDEL_BETHGE_L2: { steps: 60 },
  BRENDEL_BETHGE_LINF: { steps: 60 },
  RE_COLOR: { epsilon: 0.5, steps: 60, learningRate: 0.03 },
  FGSM: { epsilon: 0.3 },
  RAND_FGSM: { epsilon: 0.3 },
  FAST_GRADIENT_L2: { epsilon: 4 },
  FAST_GRADIENT_LINF: { epsilon: 0.8 },
  ITER_BASIC: { epsilon: 0.15 },
  UNIVERSAL_LINF: { epsilon: 0.4, trainingCount: 100 },
  UNIVERSAL_L2: { epsilon: 6, trainingCount: 100 },
  PATCH: { share: 0.25, trainingCount: 100 },
  SUBSTITUTE: { epsilon: 0.3, crafting: 'PGD', rounds: 4 },
  PGD: { epsilon: 0.15, steps: 10 },
  PGD_L2: { epsilon: 2, steps: 10 },
  PGD_L1: { epsilon: 30, steps: 10 },
  MI_FGSM: { epsilon: 0.2, steps: 5 },
  NI_FGSM: { epsilon: 0.2, steps: 5 },
  DI_FGSM: { epsilon: 0.2, steps: 5 },
  TI_FGSM: { epsilon: 0.35, steps: 5 },
  SI_NI_FGSM: { epsilon: 0.2, steps: 5 },
  VMI_FGSM: { epsilon: 0.2, steps: 5 },
  TRANSFER_FGSM: { epsilon: 0.2, steps: 5 },
  CW_L2: { steps: 60, searchSteps: 4, initialConstant: 1, learningRate: 0.2 },
  CW_LINF: { steps: 10, initialConstant: 0.1, learningRate: 0.1 },
  EAD: { steps: 60, searchSteps: 4, initialConstant: 0.1 },
  LBFGS: { steps: 30, searchSteps: 4, initialConstant: 1 },
  SQUARE_LINF: { epsilon: 0.3, queries: 500 },
  SQUARE_L2: { epsilon: 4, queries: 500 },
  SQUARE_L1: { epsilon: 40, queries: 500 },
  SPSA: { epsilon: 0.3, queries: 400, pairs: 8, alpha: 0.05 },
  NES: { epsilon: 0.3, queries: 400, pairs: 8, alpha: 0.05 },
  SIMBA: { queries: 500, alpha: 1 },
  ONE_PIXEL: { pixels: 60, queries: 600, population: 30 },
  BOUNDARY: { queries: 400 },
  HOP_SKIP_JUMP_L2: { queries: 400, probes: 20 },
  HOP_SKIP_JUMP_LINF: { queries: 400, probes: 20 },
  BIGGIO_L1: { epsilon: 60 },
  BIGGIO_L2: { epsilon: 6 },
  PGD_L0: { pixels: 80 },
  SPARSE_RS: { pixels: 80, queries: 1000 },
  SPARSE_RS_PATCH: { side: 14, queries: 1000 },
  SPARSE_RS_FRAME: { width: 8, queries: 1000 },
  BANDITS_LINF: { epsilon: 0.5, queries: 4000, tiles: 14, imageRate: 0.02 },
  BANDITS_L2: { epsilon: 6, queries: 2000 },
  VNI_FGSM: { epsilon: 0.3, steps: 5 },
  PI_FGSM: { epsilon: 0.3, steps: 5 },
  PI_FGSM_PLUS_PLUS: { epsilon: 0.3, steps: 5 },
  ADMIX: { epsilon: 0.3, steps: 5 },
  SSA: { epsilon: 0.3, steps: 5 },
  SIA: { epsilon: 0.7, steps: 10 },
  BSR: { epsilon: 0.6, steps: 10 },
  PGN: { epsilon: 0.3, steps: 5 },
  ZOO: { steps: 60, searchSteps: 2, initialConstant: 1, learningRate: 0.1 },
  QEBA: { queries: 1500 },
  SUR_FREE: { queries: 1500 },
  SIGN_OPT: { queries: 8000 },
  GEO_DA_LINF: { queries: 1000 },
  GEO_DA_L2: { queries: 1000 },
  PERC_AL: { steps: 60 },
  WASSERSTEIN: { radius: 1, growth: 1.5, steps: 40 },
  PPGD: { bound: 0.6, steps: 10 },
  LGV: { epsilon: 0.3, steps: 20, epochs: 2, trainingCount: 200, batchSize: 32 },
  ILA: { epsilon: 0.3, steps: 5, refinements: 5 },
};
const TARGETED = attacks.filter(({ parameters, ofTrees }) => parameters['target'] && !ofTrees).map(({ kind }) => kind);

const evaluate = (kind: string, given: ParameterValues = {}, count = COUNT) => {
  const parameters = { ...GIVEN[kind], ...given };
  return evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count, keepImages: true });
};

/** Their budget is no ε. */
const FIXED = new Set([
  'SIMBA',
  'ONE_PIXEL',
  'ROTATION_TRANSLATION',
  'PATCH',
  'PGD_L0',
  'SPARSE_RS',
  'SPARSE_RS_PATCH',
  'SPARSE_RS_FRAME',
  'WASSERSTEIN',
  'PPGD',
]);

/** Those that look for the smallest change. */
const MINIMAL = TARGETED.filter((kind) => !('epsilon' in (GIVEN[kind] ?? {})) && !FIXED.has(kind));

const rowsOf = (result: ShardResult, holds: typeof isSuccess) => [...result.labels.keys()].filter((i) => holds(result, i));
const known = new Map<string, Promise<ShardResult>>();
const once = (kind: string, target: string) => {
  const key = `${kind} ${target}`;
  return known.get(key) ?? known.set(key, evaluate(kind, { target })).get(key)!;
};
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const lengthOf = (kind: string) => findAttack(kind).norms[0]!.toLowerCase() as 'linf' | 'l2' | 'l1' | 'l0';

describe.each(TARGETED)('%s with a target', (kind) => {
  it('reaches it in some images, and in no more than any wrong class without', async () => {
    expect(findAttack(kind).targeted).toBe(true);
    const [free, targeted] = [await once(kind, 'NONE'), await once(kind, 'RANDOM')];
    const stored = fromStored(toLevels(targeted.images!), [COUNT, 28, 28, 1]);
    const predicted = argmaxRows(await predict(engine, model, stored));
    const reached = rowsOf(targeted, isTargeted).filter((i) => predicted[i] === targeted.target[i]);
    expect(rowsOf(targeted, reachesTarget)).toEqual(reached);
    expect(reached.length).toBeGreaterThan(0);
    expect(reached.length).toBeLessThanOrEqual(rowsOf(free, isSuccess).length);
    expect(summarise(targeted)).toMatchObject({ aimed: rowsOf(targeted, isTargeted).length, targetsReached: reached.length });
    expect(summarise(free)).toMatchObject({ aimed: null, targetsReached: null });
  });
});

describe.each(MINIMAL)('the smallest change of %s', (kind) => {
  it('reaches the target or is zero, and is no smaller than without a target', async () => {
    const [free, targeted] = [await once(kind, 'NONE'), await once(kind, 'RANDOM')];
    const reached = rowsOf(targeted, reachesTarget);
    for (const i of targeted.labels.keys()) expect(targeted[lengthOf(kind)][i]! > 0).toBe(reached.includes(i));
    const lengths = (result: ShardResult) => reached.map((i) => result[lengthOf(kind)][i]!);
    // With few queries, the boundary attack has not left what it starts from: noise is further away than images of the target.
    if (kind !== 'BOUNDARY') expect(median(lengths(targeted))).toBeGreaterThanOrEqual(median(lengths(free)));
  });
});

describe('targets', () => {
  it('are the same wrong classes for all attacks of a seed', async () => {
    const { target, labels } = await once('PGD', 'RANDOM');
    expect((await once('DDN', 'RANDOM')).target).toEqual(target);
    expect(labels.every((label, i) => label !== target[i])).toBe(true);
  });

  it('are the least likely classes of clean images, also for attacks that always target them', async () => {
    const { images } = await dataset.read(0, COUNT);
    const least = [...argminRows(await predict(engine, model, fromStored(images, [COUNT, 28, 28, 1])))];
    for (const result of [await once('PGD', 'LEAST_LIKELY'), await evaluate('ITER_LL', { epsilon: 0.1 })])
      expect([...result.target]).toEqual(least);
  });

  it('can be one class, whose own images stay unchanged', async () => {
    const result = await evaluate('PGD', { epsilon: 0.3, targetClass: 7 });
    const own = [...result.labels.keys()].filter((i) => result.labels[i] === 7);
    expect(own.length).toBeGreaterThan(0);
    for (const i of own) expect([result.linf[i], result.queries[i], reachesTarget(result, i)]).toEqual([0, 0, false]);
    expect(summarise(result).aimed).toBe(COUNT - own.length);
    expect(rowsOf(result, reachesTarget).length).toBeGreaterThan(0);
    await expect(evaluate('PGD', { epsilon: 0.3, targetClass: 10 })).rejects.toMatchObject({
      code: 'INVALID_ATTACK',
      path: ['targetClass'],
    });
  });

  it('are pursued past other wrong classes, which a later start does not give up', async () => {
    const given = { epsilon: 0.2, steps: 5, target: 'LEAST_LIKELY' };
    const [one, three] = [await evaluate('PGD', given, 2 * COUNT), await evaluate('PGD', { ...given, restarts: 3 }, 2 * COUNT)];
    const strayed = rowsOf(three, isSuccess).filter((i) => !reachesTarget(three, i));
    expect(strayed.length).toBeGreaterThan(0);
    for (const i of strayed) expect(three.gradients[i]).toBe(15);
    expect(rowsOf(three, isSuccess)).toEqual(expect.arrayContaining(rowsOf(one, isSuccess)));
    expect(rowsOf(three, reachesTarget)).toEqual(expect.arrayContaining(rowsOf(one, reachesTarget)));
  });

  it('of attacks in a list do not matter to the success of the list', async () => {
    const parameters = { epsilon: 0.15, steps: 10, target: 'RANDOM' };
    const [alone, listed] = [await evaluate('PGD', parameters), await evaluate('WORST_OF', { attacks: [{ kind: 'PGD', parameters }] })];
    expect(listed.images).toEqual(alone.images);
    expect(listed.target.every(Number.isNaN)).toBe(true);
  });
});
