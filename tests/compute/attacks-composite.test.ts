/** Attacks made of others: AutoAttack, its quick mode, and the worst of a list. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { failure, refusal } from './fixtures.js';
import { everyNth } from '../sizes.js';

let engine: Engine;
let dataset: Dataset;
let model: DifferentiableModel;

beforeAll(async () => {
  [engine, dataset, model] = await Promise.all([
    testEngine(),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
  ]);
});

afterAll(() => Promise.all([engine.dispose(), dataset.close()]));

const evaluate = (kind: string, parameters: ParameterValues, options: { count?: number; offset?: number; compaction?: boolean } = {}) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: 48, keepImages: true, ...options });

const isFooled = ({ cleanPrediction, adversarialPrediction, labels }: ShardResult) =>
  Array.from(labels, (label, i) => cleanPrediction[i] === label && adversarialPrediction[i] !== label);
const successes = (result: ShardResult) => isFooled(result).filter(Boolean).length;

/** Few steps and a budget at which no member fools everything. */
const SHORT = { epsilon: 0.1, steps: 6, targets: 3, queries: 30 };
const of = (kind: string, { epsilon, ...given }: Record<string, number>) => {
  const known = Object.entries(given).filter(([name]) => name in findAttack(kind).parameters);
  return { epsilon: epsilon!, ...Object.fromEntries(known) };
};

describe('AutoAttack', () => {
  it('takes the defaults of the standard version', () => {
    expect(validateParameters(findAttack('AUTO_ATTACK_LINF'), { epsilon: 0.1 })).toEqual({
      epsilon: 0.1,
      version: 'STANDARD',
      steps: 100,
      queries: 5000,
      eotSamples: 20,
    });
  });

  /** Too small for any image to change, so that every stage spends all that it may. A start of APGD takes a gradient more than it has steps. */
  const TINY = { epsilon: 1e-4, steps: 2, queries: 3 };
  const [CE, DLR, T] = ['APGD_CE', 'APGD_DLR', 'APGD_T'];
  const [fab, fabT] = [2 * 9, 9 * 2];
  it.each<[string, ParameterValues, readonly string[], number]>([
    ['LINF', {}, [CE!, T!, 'FAB_T', 'SQUARE'], 3 + 9 * 3 + fabT],
    ['LINF', { version: 'PLUS' }, [CE!, DLR!, 'FAB', 'SQUARE', T!, 'FAB_T'], 5 * 3 + 5 * 3 + 5 * fab + 9 * 3 + fabT],
    ['L2', { version: 'RAND', restarts: 2, queries: undefined }, [CE!, DLR!], 2 * 3 + 2 * 3],
    ['L2', { version: 'CUSTOM', stages: ['FAB_T', 'APGD_CE'], queries: undefined }, ['FAB_T', CE!], fabT + 5 * 3],
    // One step in each of 3 ε, 2 ε and ε: three starts' gradients for each of five starts, and towards each of five classes.
    ['L1', {}, [CE!, T!, 'FAB_T', 'SQUARE'], 5 * 6 + 5 * 6 + fabT],
    ['L1', { version: 'PLUS', targets: 2 }, [CE!, DLR!, 'FAB', 'SQUARE', T!, 'FAB_T'], 5 * 3 + 5 * 3 + 5 * fab + 2 * 3 + 2 * 2],
  ])("in %s, %o, runs the stages of the authors' version with their starts and targets", async (norm, given, stages, gradients) => {
    const result = await evaluate(`AUTO_ATTACK_${norm}`, { ...TINY, ...given }, { count: 2 });
    expect(result.stages!.map(({ kind }) => kind)).toEqual(stages.map((stage) => `${stage}_${norm}`));
    expect([...result.gradients]).toEqual([gradients, gradients]);
  });

  it('says after each stage how many examples are correctly classified, and how long it took', async () => {
    const whole = await evaluate('AUTO_ATTACK_LINF', SHORT);
    const fooled = new Set<number>();
    const expected: number[] = [];
    const right = Array.from(whole.labels, (label, i) => whole.cleanPrediction[i] === label).filter(Boolean).length;
    for (const { kind } of whole.stages!) {
      isFooled(await evaluate(kind, of(kind, SHORT))).forEach((is, i) => is && fooled.add(i));
      expected.push(right - fooled.size);
    }
    expect(whole.stages!.map(({ robust }) => robust)).toEqual(expected);
    expect(expected.at(-1)).toBe(right - successes(whole));
    expect(expected[0]).toBeLessThan(right);
    const seconds = whole.stages!.map((stage) => stage.seconds);
    expect(Math.min(...seconds)).toBeGreaterThan(0);
    expect(seconds.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(whole.seconds);
    expect((await evaluate('PGD', { epsilon: 0.1, steps: 2 }, { count: 2 })).stages).toBeUndefined();
  });

  it('in all versions has the accuracy after each stage when nothing is left to attack', async () => {
    const { stages } = await evaluate('AUTO_ATTACK_LINF', { ...SHORT, epsilon: 1 }, { count: 4 });
    expect(stages!.map(({ robust }) => robust)).toEqual([0, 0, 0, 0]);
  });

  it.each<[ParameterValues, RegExp]>([
    [{ version: 'CUSTOM' }, /CUSTOM needs "stages"/],
    [{ version: 'PLUS', stages: ['APGD_CE'] }, /PLUS has stages of its own/],
    [{ stages: ['SQUARE'] }, /STANDARD has stages of its own/],
    [{ version: 'CUSTOM', stages: [] }, /Give a list of APGD_CE/],
    [{ version: 'CUSTOM', stages: ['SQUARE', 'FAB', 'SQUARE'] }, /"stages" has SQUARE twice.*Leave one out/],
    [{ version: 'RAND' }, /RAND runs APGD_CE, APGD_DLR, none of which takes "queries". Leave "queries" out/],
    [{ eotSamples: 5 }, /none of which takes "eotSamples"/],
    [{ version: 'CUSTOM', stages: ['SQUARE'] }, /none of which takes "steps"/],
    [{ version: 'CUSTOM', stages: ['APGD_CE', 'SQUARE'], targets: 3 }, /none of which takes "targets"/],
  ])('refuses %o', async (given, message) => {
    expect(await failure(evaluate('AUTO_ATTACK_LINF', { ...TINY, ...given }, { count: 2 }))).toMatchObject(
      refusal('INVALID_ATTACK', message),
    );
  });

  it('of one attack makes as many queries as that attack alone', async () => {
    const [one, alone] = [
      await evaluate('AUTO_ATTACK_LINF', { epsilon: 1e-4, version: 'CUSTOM', stages: ['SQUARE'], queries: 7 }, { count: 2 }),
      await evaluate('SQUARE_LINF', { epsilon: 1e-4, queries: 7 }, { count: 2 }),
    ];
    expect([...one.queries]).toEqual([7, 7]);
    expect(one.queries).toEqual(alone.queries);
  });

  it('of scores alone needs no gradients', () => {
    const { accessOf } = findAttack('AUTO_ATTACK_LINF');
    const access = (stages: readonly string[]) => accessOf!({ epsilon: 0.1, version: 'CUSTOM', stages, steps: 1, queries: 1 });
    expect([access(['SQUARE']), access(['SQUARE', 'APGD_CE'])]).toEqual(['SCORE', 'GRADIENT']);
  });

  it.each(
    everyNth(2, [
      ['LINF', SHORT],
      ['L2', { ...SHORT, epsilon: 1.2 }],
    ]),
  )('in %s fools every example that one of its attacks fools, and spends nothing on examples that are fooled', async (norm, given) => {
    const members = ['APGD_CE', 'APGD_T', 'FAB_T', 'SQUARE'].map((name) => `${name}_${norm}`);
    const whole = await evaluate(`AUTO_ATTACK_${norm}`, given);
    const parts: ShardResult[] = [];
    for (const kind of members) parts.push(await evaluate(kind, of(kind, given)));
    const any = isFooled(whole).map((_, i) => parts.some((part) => isFooled(part)[i]));
    expect(isFooled(whole)).toEqual(any);
    expect(successes(whole)).toBeGreaterThan(0);
    expect(successes(whole)).toBeLessThan(48);
    const first = isFooled(parts[0]!);
    whole.queries.forEach((queries, i) => {
      if (first[i]) expect(queries).toBeLessThanOrEqual(parts[0]!.queries[i]! + 1);
    });
  });

  it('has the same outcome if fooled examples stay in the batch, at a higher cost', async () => {
    const [usual, all] = [await evaluate('AUTO_ATTACK_LINF', SHORT), await evaluate('AUTO_ATTACK_LINF', SHORT, { compaction: false })];
    expect(all.images).toEqual(usual.images);
    expect(all.adversarialPrediction).toEqual(usual.adversarialPrediction);
    const spent = ({ gradients }: ShardResult) => gradients.reduce((sum, one) => sum + one, 0);
    expect(spent(all)).toBeGreaterThan(spent(usual));
  });

  it('fools at least as much as its quick mode, which is at least as strong as APGD-CE', async () => {
    const quick = await evaluate('APGD_SQUARE_LINF', of('APGD_SQUARE_LINF', SHORT));
    const apgd = isFooled(await evaluate('APGD_CE_LINF', of('APGD_CE_LINF', SHORT)));
    const whole = isFooled(await evaluate('AUTO_ATTACK_LINF', SHORT));
    apgd.forEach((fooled, i) => fooled && expect(isFooled(quick)[i]).toBe(true));
    isFooled(quick).forEach((fooled, i) => fooled && expect(whole[i]).toBe(true));
  });
});

describe('the worst of a list', () => {
  const list = (...attacks: { kind: string; parameters: ParameterValues }[]): ParameterValues => ({ attacks });
  const pgd = (epsilon: number) => ({ kind: 'PGD', parameters: { epsilon, steps: 5 } });
  const square = (epsilon: number) => ({ kind: 'SQUARE_LINF', parameters: { epsilon, queries: 30 } });

  it('fools the union of what its attacks fool, for any order and any division into shards', async () => {
    const [one, other] = [await evaluate('PGD', pgd(0.1).parameters), await evaluate('SQUARE_LINF', square(0.1).parameters)];
    const both = isFooled(one).map((fooled, i) => fooled || isFooled(other)[i]);
    expect(isFooled(await evaluate('WORST_OF', list(pgd(0.1), square(0.1))))).toEqual(both);
    expect(isFooled(await evaluate('WORST_OF', list(square(0.1), pgd(0.1))))).toEqual(both);
    const tail = await evaluate('WORST_OF', list(pgd(0.1), square(0.1)), { offset: 20, count: 28 });
    expect(isFooled(tail)).toEqual(both.slice(20));
  });

  it('needs the access to the model that the most demanding of its attacks needs', () => {
    const { accessOf } = findAttack('WORST_OF');
    expect(accessOf!(list(square(0.1)))).toBe('SCORE');
    expect(accessOf!(list(square(0.1), pgd(0.1)))).toBe('GRADIENT');
  });

  it.each([
    ['different budgets', list(pgd(0.1), square(0.2)), /PGD has ε = 0.1 in LINF, but SQUARE_LINF has ε = 0.2/, ['attacks']],
    ['different norms', list(pgd(0.1), { kind: 'PGD_L2', parameters: { epsilon: 0.1 } }), /same norm/, ['attacks']],
    ['a list inside a list', list({ kind: 'WORST_OF', parameters: list(pgd(0.1)) }), /cannot be in a list/, ['attacks', '0']],
    ['no attack', list(), /Give 1 to 20 attacks/, ['attacks']],
    ['a wrong parameter of one', list(pgd(0.1), pgd(-1)), /"epsilon" is -1/, ['attacks', '1', 'pgd', 'epsilon']],
  ])('refuses %s and names the path', async (_, parameters, message, path) => {
    const error = await failure(evaluate('WORST_OF', parameters));
    expect(error).toMatchObject({ ...refusal('INVALID_ATTACK', message), path });
  });
});
