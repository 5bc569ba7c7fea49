/** Which class attacks head for: one, one for each example, or all in turn. On a shipped model and real images. */
import { afterAll, describe, expect, it } from 'vitest';
import { checkTargetCount } from '../../src/compute/attacks/core/labels.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { isTargeted, isSuccess, reachesTarget } from '../../src/results/outcomes.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = 8;
const evaluate = (kind: string, parameters: ParameterValues, { offset = 0, count = COUNT, start = 0 } = {}) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset, count, start, keepImages: true });

const examples = [...Array(COUNT).keys()];
const CLASSES = [...Array(10).keys()];
const sizeOf = (result: ShardResult) => result.images!.length / result.count;
const imageOf = (result: ShardResult, i: number) => result.images!.subarray(i * sizeOf(result), (i + 1) * sizeOf(result));

const WITH_TARGETS = [
  ...['FGSM', 'RAND_FGSM', 'FAST_GRADIENT_L2', 'FAST_GRADIENT_LINF', 'ITER_BASIC', 'PGD', 'PGD_L2', 'PGD_L1'],
  ...['MI_FGSM', 'NI_FGSM', 'DI_FGSM', 'TI_FGSM', 'SI_NI_FGSM', 'VMI_FGSM'],
  ...['CW_L2', 'CW_LINF', 'EAD', 'JSMA', 'LBFGS', 'DDN', 'FMN_L0', 'FMN_L1', 'FMN_L2', 'FMN_LINF', 'HOT_COLD', 'FAST_GRADIENT_VALUE'],
  ...['SPSA', 'NES', 'SIMBA', 'SQUARE_LINF', 'SQUARE_L2', 'ONE_PIXEL', 'BOUNDARY', 'HOP_SKIP_JUMP_L2', 'HOP_SKIP_JUMP_LINF'],
  ...['UNIVERSAL_LINF', 'UNIVERSAL_L2', 'PATCH', 'SUBSTITUTE'],
];

describe('targets', () => {
  it.each(WITH_TARGETS)('of %s are the least likely class, a random one, one, one for each example, or all in turn', (kind) => {
    const { target, targetClass, targetClasses } = findAttack(kind).parameters;
    expect(target?.type === 'choice' && Object.keys(target.values)).toEqual(['NONE', 'LEAST_LIKELY', 'RANDOM', 'ALL']);
    expect([targetClass?.type, targetClasses?.type]).toEqual(['integer', 'integers']);
    expect(findAttack(kind).targeted).toBe(true);
  });

  it('make FGSM and Iter. basic the attacks that always head for the least likely class', async () => {
    for (const [kind, always] of [
      ['FGSM', 'STEP_LL'],
      ['ITER_BASIC', 'ITER_LL'],
    ] as const) {
      const towards = await evaluate(kind, { epsilon: 0.2, target: 'LEAST_LIKELY' });
      const same = await evaluate(always, { epsilon: 0.2 });
      expect(towards.images).toEqual(same.images);
      expect(towards.target).toEqual(same.target);
    }
  });

  it.each(['FGSM', 'RAND_FGSM', 'FAST_GRADIENT_L2', 'FAST_GRADIENT_LINF', 'ITER_BASIC', 'FAST_GRADIENT_VALUE'])(
    'of %s lead to other images than no target, and leave images of the target unchanged',
    async (kind) => {
      const epsilon = findAttack(kind).norms[0] === 'L2' ? 3 : 0.3;
      const [free, towards] = [await evaluate(kind, { epsilon }), await evaluate(kind, { epsilon, targetClass: 7 })];
      const own = examples.filter((i) => towards.labels[i] === 7);
      expect(own.length).toBeGreaterThan(0);
      for (const i of own) expect(towards.l2[i]).toBe(0);
      expect(examples.some((i) => !own.includes(i) && towards.l2[i]! > 0)).toBe(true);
      expect(towards.images).not.toEqual(free.images);
      expect([...towards.target]).toEqual(examples.map(() => 7));
    },
  );
});

describe('a class for each example', () => {
  const targetClasses = examples.map((i) => (3 * i + 1) % 10);

  it('is that of the example, whatever shard it is in', async () => {
    const parameters = { epsilon: 0.3, steps: 8, targetClasses };
    const whole = await evaluate('PGD', parameters);
    const half = await evaluate('PGD', parameters, { offset: COUNT / 2, count: COUNT / 2, start: 0 });
    expect([...whole.target]).toEqual(targetClasses);
    expect([...half.target]).toEqual(targetClasses.slice(COUNT / 2));
    expect(half.images).toEqual(whole.images!.subarray((COUNT / 2) * sizeOf(whole)));
    expect(examples.filter((i) => isTargeted(whole, i) && reachesTarget(whole, i)).length).toBeGreaterThan(0);
  });

  it('is heeded in a list of attacks, where those before it have fooled some', async () => {
    const towards = { kind: 'PGD', parameters: { epsilon: 0.2, steps: 8, targetClasses } };
    const alone = await evaluate('PGD', towards.parameters);
    const listed = await evaluate('WORST_OF', { attacks: [{ kind: 'FGSM', parameters: { epsilon: 0.2 } }, towards] });
    const rest = examples.filter((i) => listed.gradients[i]! > 1);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThan(COUNT);
    for (const i of rest) expect(imageOf(listed, i)).toEqual(imageOf(alone, i));
  });

  it('is refused where there are too few, where the model does not know it, and beside one class for all', async () => {
    const refused = (given: ParameterValues) => expect(evaluate('PGD', { epsilon: 0.2, ...given })).rejects;
    await refused({ targetClasses: [1, 2] }).toMatchObject({ code: 'INVALID_ATTACK', path: ['targetClasses'] });
    await refused({ targetClasses: examples.map(() => 10) }).toThrow(/targetClasses has 10; the classes are 0 to 9/);
    await refused({ targetClasses, targetClass: 1 }).toThrow(/not both/);
    await refused({ targetClasses: [] }).toThrow(/whole numbers from 0/);
  });
});

it('a class for each example is refused where they have no order, as in training', () => {
  expect(() => checkTargetCount({ targetClasses: [1, 2] }, undefined)).toThrow(/2 classes, and training has no order of examples/);
  expect(() => checkTargetCount({ targetClass: 1 }, undefined)).not.toThrow();
});

describe('all classes in turn', () => {
  it('fool what any class fools within a budget, and stop there', async () => {
    const parameters = { epsilon: 0.12, steps: 5 };
    const all = await evaluate('PGD', { ...parameters, target: 'ALL' });
    const single = await Promise.all(CLASSES.map((targetClass) => evaluate('PGD', { ...parameters, targetClass })));
    const fooled = examples.filter((i) => single.some((result) => reachesTarget(result, i)));
    expect(examples.filter((i) => isSuccess(all, i))).toEqual(expect.arrayContaining(fooled));
    expect(all.target.every(Number.isNaN)).toBe(true);
    // Nine classes of five steps where none is reached.
    for (const i of examples) expect(all.gradients[i]).toBe(isSuccess(all, i) ? 5 * Math.round(all.gradients[i]! / 5) : 45);
    expect(examples.some((i) => !isSuccess(all, i))).toBe(true);
  });

  it('leave the shortest change of a search for the smallest', async () => {
    const all = await evaluate('DDN', { steps: 20, target: 'ALL' }, { count: 4 });
    const single = await Promise.all(CLASSES.map((targetClass) => evaluate('DDN', { steps: 20, targetClass }, { count: 4 })));
    for (const i of [0, 1, 2, 3]) {
      const lengths = single.flatMap((result) => (reachesTarget(result, i) ? [result.l2[i]!] : []));
      expect(all.l2[i]).toBeCloseTo(Math.min(...lengths), 5);
      expect(isSuccess(all, i)).toBe(true);
    }
  });

  it('have a universal perturbation each, of which an image gets that of its target', async () => {
    const parameters = { epsilon: 0.3, trainingCount: 32, epochs: 2 };
    const least = await evaluate('UNIVERSAL_LINF', { ...parameters, target: 'LEAST_LIKELY' });
    for (const i of [0, 1]) {
      const one = await evaluate('UNIVERSAL_LINF', { ...parameters, targetClass: least.target[i]! });
      expect(imageOf(least, i)).toEqual(imageOf(one, i));
    }
    expect(new Set(least.target).size).toBeGreaterThan(1);
  });
});
