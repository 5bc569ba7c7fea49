/** Attacks that learn from other examples before they are run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { evaluateShard, type EvaluationShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { MemoryBudget } from '../../src/compute/memory/index.js';
import { Preparations } from '../../src/compute/evaluation/preparations.js';
import { failure, refusal } from './fixtures.js';

let engine: Engine;
let dataset: Dataset;
let model: DifferentiableModel;
const preparations = new Preparations();

beforeAll(async () => {
  [engine, dataset, model] = await Promise.all([
    testEngine({ microBatch: 20 }),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
  ]);
});

afterAll(() => Promise.all([engine.dispose(), dataset.close()]));

const COUNT = 60;
const evaluate = (kind: string, parameters: ParameterValues, options: Partial<EvaluationShard> = {}) =>
  evaluateShard({
    ...{ engine, model, dataset, preparations, attack: { kind, parameters } },
    ...{ seed: 1, offset: 0, count: COUNT, keepImages: true },
    ...options,
  });
const successes = ({ cleanPrediction, adversarialPrediction, labels }: ShardResult) =>
  labels.filter((label, i) => cleanPrediction[i] === label && adversarialPrediction[i] !== label).length;
const confused = ({ adversarialPrediction }: ShardResult, target: number) => adversarialPrediction.filter((one) => one === target).length;

const UNIVERSAL = { epsilon: 0.3, trainingCount: 500, epochs: 6 };

describe('a universal perturbation', () => {
  it('is one perturbation for all images, stronger than noise and weaker than a perturbation for each image', async () => {
    const result = await evaluate('UNIVERSAL_LINF', UNIVERSAL);
    expect(result.budgetViolations).toBe(0);
    const { images } = await dataset.read(0, COUNT);
    const size = images.length / COUNT;
    const seen = Array.from({ length: size }, () => new Set<number>());
    for (let i = 0; i < COUNT; i++) {
      if (result.cleanPrediction[i] !== result.labels[i]) continue;
      for (let p = 0; p < size; p++) {
        const changed = result.images![i * size + p]!;
        // At the ends of the range the change is cut off.
        if (changed > 0 && changed < 255) seen[p]!.add(changed - images[i * size + p]!);
      }
    }
    expect(Math.max(...seen.map((changes) => changes.size))).toBe(1);
    expect(successes(result)).toBeGreaterThan(successes(await evaluate('RANDOM_SIGN_NOISE', { epsilon: 0.3 })) + 5);
    expect(successes(result)).toBeLessThanOrEqual(successes(await evaluate('PGD', { epsilon: 0.3 })));
  });

  it('leads to its target', async () => {
    const [free, targeted] = [
      await evaluate('UNIVERSAL_L2', { ...UNIVERSAL, epsilon: 5 }),
      await evaluate('UNIVERSAL_L2', { ...UNIVERSAL, epsilon: 5, targetClass: 3 }),
    ];
    expect(confused(targeted, 3)).toBeGreaterThan(confused(free, 3));
    expect(confused(targeted, 3)).toBeGreaterThan(12);
    expect(free.budgetViolations + targeted.budgetViolations).toBe(0);
  });

  it('refuses a target class that the model does not have', async () => {
    const error = await failure(evaluate('UNIVERSAL_LINF', { ...UNIVERSAL, targetClass: 10 }));
    expect(error).toMatchObject({ ...refusal('INVALID_ATTACK', /classes are 0 to 9/), path: ['targetClass'] });
  });
});

describe('what an attack prepares', () => {
  it('is the same for every shard and every run, cached or computed again', async () => {
    const whole = await evaluate('UNIVERSAL_LINF', UNIVERSAL);
    const before = engine.statistics().runs;
    const tail = await evaluate('UNIVERSAL_LINF', UNIVERSAL, { offset: 40, count: 20 });
    const kept = engine.statistics().runs - before;
    const again = await evaluate('UNIVERSAL_LINF', UNIVERSAL, { offset: 40, count: 20, preparations: new Preparations() });
    expect(tail.images).toEqual(whole.images!.slice(40 * 784));
    expect(again.images).toEqual(tail.images);
    expect(kept).toBeLessThan(engine.statistics().runs - before - kept);
  });

  it('is refused if its training images do not fit in memory, as is a shard that does not', async () => {
    const photographs: Dataset = {
      info: { ...dataset.info, exampleCount: 50_000, imageShape: [299, 299, 3], fingerprint: 'photographs' },
      read: () => Promise.reject(new Error('Nothing is read.')),
      close: () => Promise.resolve(),
    };
    const definition = findAttack('UNIVERSAL_LINF');
    const parameters = validateParameters(definition, { ...UNIVERSAL, trainingCount: 5000 });
    const made = preparations.getOrCompute({ engine, model, dataset: photographs, definition, parameters, seed: 1 });
    expect(await failure(made)).toMatchObject(refusal('LIMIT_EXCEEDED', /Give trainingCount of at most 2001/));
    const wide = await buildArchitecture('mlp', { seed: 1, inputShape: [299, 299, 3], classCount: 10, width: 0.01 });
    const shard = evaluate('FGSM', { epsilon: 0.1 }, { model: wide, dataset: photographs, count: 5000 });
    expect(await failure(shard)).toMatchObject(refusal('LIMIT_EXCEEDED', /Give GAUNTLET_SHARD_SIZE of at most 2001/));
  });

  it('is computed for attacks in a list too', async () => {
    const attacks = [{ kind: 'UNIVERSAL_LINF', parameters: UNIVERSAL }];
    expect((await evaluate('WORST_OF', { attacks })).images).toEqual((await evaluate('UNIVERSAL_LINF', UNIVERSAL)).images);
  });

  it('is refused, before anything is computed, where the images that it learns from do not fit in memory', async () => {
    const memory = new MemoryBudget({ limit: 20e6, measure: () => 15e6 });
    const refused = failure(evaluate('UNIVERSAL_LINF', UNIVERSAL, { preparations: new Preparations(memory) }));
    // 500 images of 784 values of 4 bytes, four times.
    expect(await refused).toMatchObject(refusal('LIMIT_EXCEEDED', /^Learning from 500 images for UNIVERSAL_LINF needs 7 MB of memory/));
    memory.close();
  });

  it('is computed by another evaluation when the first is cancelled', async () => {
    const [cancelling, shared] = [new AbortController(), new Preparations()];
    const parameters = { ...UNIVERSAL, epochs: 3 };
    const first = evaluate('UNIVERSAL_LINF', parameters, { preparations: shared, signal: cancelling.signal });
    const second = evaluate('UNIVERSAL_LINF', parameters, { preparations: shared });
    setTimeout(() => cancelling.abort(), 20);
    expect((await failure(first)).code).toBe('CANCELLED');
    expect(successes(await second)).toBe(successes(await evaluate('UNIVERSAL_LINF', parameters)));
  });
});

describe('an adversarial patch', () => {
  const patch = { share: 0.12, trainingCount: 500, epochs: 6 };

  it('changes no more than its share of the image, and fools more than an untrained patch', async () => {
    const result = await evaluate('PATCH', patch);
    result.l0.forEach((share) => expect(share).toBeLessThan(0.14));
    expect(Math.max(...result.linf)).toBeGreaterThan(0.9);
    const grey = await evaluate('PATCH', { ...patch, trainingCount: 1, epochs: 1 });
    expect(successes(result)).toBeGreaterThan(successes(grey) + 5);
  });

  it('leads to its target', async () => {
    const larger = { ...patch, share: 0.2 };
    const [free, targeted] = [await evaluate('PATCH', larger), await evaluate('PATCH', { ...larger, targetClass: 3 })];
    expect(confused(targeted, 3)).toBeGreaterThan(confused(free, 3) + 5);
  });
});

describe('a substitute model', () => {
  const given = { epsilon: 0.3, rounds: 3, epochs: 5 };

  it('fools more than noise with decisions only, and no more than the white-box attack', async () => {
    const result = await evaluate('SUBSTITUTE', given);
    expect(Math.max(...result.gradients)).toBe(0);
    expect(Math.max(...result.queries)).toBe(1);
    expect(successes(result)).toBeGreaterThan(successes(await evaluate('RANDOM_SIGN_NOISE', { epsilon: 0.3 })) + 5);
    expect(successes(result)).toBeLessThanOrEqual(successes(await evaluate('PGD', { epsilon: 0.3 })));
  });

  it('stays within its query limit', async () => {
    let asked = 0;
    const counting = { ...model, fingerprint: `${model.fingerprint}.counted` };
    const counted: Engine = {
      ...engine,
      description: engine.description,
      program: (spec) => engine.program(spec),
      async batched(spec) {
        const inner = await engine.batched(spec);
        return {
          run(inputs, options) {
            if (spec.name === 'predict' && spec.fingerprint === counting.fingerprint) asked += inputs['images']!.shape[0]!;
            return inner.run(inputs, options);
          },
        };
      },
    };
    await evaluate('SUBSTITUTE', { ...given, queries: 200 }, { engine: counted, model: counting, count: 1 });
    // One more for each of the two predictions before (the second looks for a random output), that of the attack's own image, and the two after, of the
    // stored image and of the floats.
    expect(asked).toBeLessThanOrEqual(205);
    expect(asked).toBeGreaterThan(190);
  });
});
