import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { attacks, findAttack } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';

let engine: Engine;
let dataset: Dataset;
let baseline: DifferentiableModel;
let hardened: DifferentiableModel;

beforeAll(async () => {
  // A fixed micro-batch: nothing to measure, and sums in the same order whatever the machine.
  [engine, dataset, baseline, hardened] = await Promise.all([
    testEngine(),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-adversarial' }),
  ]);
});

afterAll(() => Promise.all([engine.dispose(), dataset.close()]));

interface Options {
  readonly model?: DifferentiableModel;
  readonly count?: number;
  readonly offset?: number;
}

const evaluate = (kind: string, parameters: ParameterValues, { model = baseline, count = 100, offset = 0 }: Options = {}) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset, count, keepImages: true });

const isFooled = ({ cleanPrediction, adversarialPrediction, labels }: ShardResult) =>
  Array.from(labels, (label, i) => cleanPrediction[i] === label && adversarialPrediction[i] !== label);
const successes = (result: ShardResult) => isFooled(result).filter(Boolean).length;

describe.each(attacks.filter(({ ofTrees }) => !ofTrees).map(({ kind }) => kind))('%s', (kind) => {
  it('keeps its budget on stored images, on the compiled engine', async () => {
    const { parameters, norms } = findAttack(kind);
    const given = {
      ...(parameters['epsilon'] ? { epsilon: norms[0] === 'LINF' ? 0.1 : 2 } : {}),
      ...(parameters['attacks'] ? { attacks: [{ kind: 'PGD', parameters: { epsilon: 0.1, steps: 4 } }] } : {}),
      ...(parameters['steps'] ? { steps: 4 } : {}),
      ...(parameters['targets'] ? { targets: 2 } : {}),
      ...(parameters['trainingCount'] ? { trainingCount: 100 } : {}),
      ...(parameters['epochs'] ? { epochs: 2 } : {}),
      ...(parameters['rounds'] ? { rounds: 2 } : {}),
      ...(parameters['queries'] ? { queries: 10 } : {}),
    };
    const result = await evaluate(kind, given, { count: 16 });
    expect(result.budgetViolations).toBe(0);
    expect(result.images!.some((value: number) => value > 0)).toBe(true);
  });
});

describe('PGD', () => {
  it.each([
    ['the baseline', () => baseline, 0.1],
    ['the adversarially trained model', () => hardened, 0.2],
  ])('is stronger with more steps, and stronger than FGSM, on %s', async (_, model, epsilon) => {
    const fgsm = successes(await evaluate('FGSM', { epsilon }, { model: model() }));
    const ten = successes(await evaluate('PGD', { epsilon, steps: 10 }, { model: model() }));
    const forty = successes(await evaluate('PGD', { epsilon, steps: 40 }, { model: model() }));
    expect(ten).toBeGreaterThanOrEqual(fgsm);
    expect(forty).toBeGreaterThanOrEqual(ten);
    expect(forty).toBeGreaterThan(0);
  });

  it.each(['PGD', 'PGD_L2', 'PGD_L1'])(
    '%s fools with more restarts whatever it fools with fewer, and more with a larger budget',
    async (kind) => {
      const epsilon = { PGD: 0.08, PGD_L2: 1, PGD_L1: 8 }[kind]!;
      const once = await evaluate(kind, { epsilon, steps: 10 });
      const often = await evaluate(kind, { epsilon, steps: 10, restarts: 3 });
      isFooled(once).forEach((fooled, i) => fooled && expect(isFooled(often)[i]).toBe(true));
      // Restarts cost only where they are needed.
      isFooled(once).forEach((fooled, i) => expect(often.queries[i]! > once.queries[i]!).toBe(!fooled && once.queries[i]! > 0));
      expect(successes(await evaluate(kind, { epsilon: 2 * epsilon, steps: 10 }))).toBeGreaterThan(successes(once));
    },
  );

  it.each(['LEAST_LIKELY', 'RANDOM'])('fools no more with target %s than without', async (target) => {
    const free = successes(await evaluate('PGD', { epsilon: 0.15, steps: 10 }));
    const targeted = successes(await evaluate('PGD', { epsilon: 0.15, steps: 10, target }));
    expect(targeted).toBeLessThanOrEqual(free);
    expect(targeted).toBeGreaterThan(0);
  });

  it('breaks the adversarially trained model where FGSM does not', async () => {
    const fgsm = successes(await evaluate('FGSM', { epsilon: 0.3 }, { model: hardened }));
    expect(successes(await evaluate('PGD', { epsilon: 0.3 }, { model: hardened }))).toBeGreaterThan(fgsm + 20);
  });
});

describe('noise', () => {
  it.each(['RANDOM_SIGN_NOISE', 'TRUNCATED_NORMAL_NOISE', 'UNIFORM_NOISE'])('%s is weaker than the gradient', async (kind) => {
    const noise = successes(await evaluate(kind, { epsilon: 0.2 }));
    expect(noise).toBeLessThan(successes(await evaluate('FGSM', { epsilon: 0.2 })));
  });

  it('is weaker than the gradient in L2 too', async () => {
    expect(successes(await evaluate('GAUSSIAN_NOISE', { epsilon: 2 }))).toBeLessThan(
      successes(await evaluate('FAST_GRADIENT_L2', { epsilon: 2 })),
    );
  });
});

describe('momentum', () => {
  it.each(['MI_FGSM', 'NI_FGSM', 'DI_FGSM', 'TI_FGSM', 'SI_NI_FGSM', 'VMI_FGSM'])(
    '%s fools its source more often than noise',
    async (kind) => {
      const given = { epsilon: 0.15, ...(kind === 'TI_FGSM' ? { radius: 2 } : {}) };
      const noise = successes(await evaluate('UNIFORM_NOISE', { epsilon: 0.15 }, { count: 48 }));
      expect(successes(await evaluate(kind, given, { count: 48 }))).toBeGreaterThan(noise + 5);
    },
  );

  it('is at least as strong as FGSM, and weaker towards a target', async () => {
    const free = successes(await evaluate('MI_FGSM', { epsilon: 0.15 }));
    expect(free).toBeGreaterThanOrEqual(successes(await evaluate('FGSM', { epsilon: 0.15 })));
    expect(successes(await evaluate('MI_FGSM', { epsilon: 0.15, target: 'RANDOM' }))).toBeLessThanOrEqual(free);
  });
});

describe('APGD', () => {
  it.each(['APGD_CE_LINF', 'APGD_DLR_LINF'])('%s is as strong as PGD on the adversarially trained model', async (kind) => {
    const given = { epsilon: 0.2, steps: 40 };
    const pgd = successes(await evaluate('PGD', given, { model: hardened }));
    expect(successes(await evaluate(kind, given, { model: hardened }))).toBeGreaterThanOrEqual(pgd - 3);
  });

  it('is as strong as PGD in L2', async () => {
    const given = { epsilon: 1.5, steps: 20 };
    expect(successes(await evaluate('APGD_CE_L2', given))).toBeGreaterThanOrEqual(successes(await evaluate('PGD_L2', given)) - 3);
  });

  it('with targets spends restarts only on examples that are still correctly classified', async () => {
    const result = await evaluate('APGD_T_LINF', { epsilon: 0.15, steps: 10 }, { count: 48 });
    const all = 9 * 11;
    const fooled = isFooled(result);
    result.gradients.forEach((gradients, i) => {
      if (result.cleanPrediction[i] !== result.labels[i]) expect(gradients).toBe(0);
      else if (fooled[i]) expect(gradients).toBeLessThanOrEqual(all);
      else expect(gradients).toBe(all);
    });
    expect(successes(result)).toBeGreaterThanOrEqual(successes(await evaluate('PGD', { epsilon: 0.15, steps: 10 }, { count: 48 })) - 2);
  });
});

describe('Square', () => {
  const given = { epsilon: 0.2, queries: 100 };

  it('beats noise without gradients, and is no stronger than the white-box attack', async () => {
    const result = await evaluate('SQUARE_LINF', given);
    expect(Math.max(...result.gradients)).toBe(0);
    expect(successes(result)).toBeGreaterThan(successes(await evaluate('RANDOM_SIGN_NOISE', { epsilon: 0.2 })));
    expect(successes(result)).toBeLessThanOrEqual(successes(await evaluate('PGD', { epsilon: 0.2 })));
  });

  it('fools at least as many with more queries, and stops querying for fooled examples', async () => {
    const few = await evaluate('SQUARE_LINF', { ...given, queries: 5 });
    const many = await evaluate('SQUARE_LINF', given);
    expect(successes(many)).toBeGreaterThan(successes(few));
    const fooled = isFooled(many);
    const spent = (wanted: boolean) => Math.max(...many.queries.filter((_, i) => fooled[i] === wanted));
    expect(spent(true)).toBeLessThan(spent(false));
    expect(spent(false)).toBeGreaterThanOrEqual(100);
  });
});

describe('DDN', () => {
  it('finds smaller changes than the one-step attack, and leaves images unchanged that need more than ε', async () => {
    const unbounded = await evaluate('DDN', { epsilon: 1000 });
    const right = unbounded.labels.filter((label, i) => unbounded.cleanPrediction[i] === label).length;
    expect(successes(unbounded)).toBe(right);
    const lengths = [...unbounded.l2].sort((a, b) => a - b);
    const median = lengths[lengths.length / 2]!;
    // The one-step attack needs a longer change to fool half of the images.
    expect(successes(await evaluate('FAST_GRADIENT_L2', { epsilon: median }))).toBeLessThan(right / 2);
    const bounded = await evaluate('DDN', { epsilon: median });
    bounded.l2.forEach((length, i) => expect(length > 0).toBe(unbounded.l2[i]! > 0 && unbounded.l2[i]! <= Math.fround(median)));
    expect(successes(bounded)).toBeGreaterThanOrEqual(successes(await evaluate('PGD_L2', { epsilon: median })) - 2);
  });

  it('needs larger changes towards a target', async () => {
    const mean = ({ l2 }: ShardResult) => l2.reduce((sum, length) => sum + length, 0) / l2.length;
    const [free, targeted] = [await evaluate('DDN', { epsilon: 1000 }), await evaluate('DDN', { epsilon: 1000, target: 'LEAST_LIKELY' })];
    expect(mean(targeted)).toBeGreaterThan(mean(free));
  });
});
