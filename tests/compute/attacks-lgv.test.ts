/** LGV: the networks that it collects, and the steps that it takes on them. */
import { afterAll, describe, expect, it } from 'vitest';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { predict } from '../../src/compute/models/functions.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { fromStored } from '../../src/compute/distances/stored-image.js';
import { collect } from '../../src/compute/training/collect.js';
import { sgd } from '../../src/compute/training/optimizers/sgd.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { train } from '../../src/compute/training/train.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = 8;
const EPSILON = 0.2;
const evaluate = (kind: string, parameters: ParameterValues) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: true });
const SHORT = { epsilon: EPSILON, steps: 6, epochs: 2, modelsPerEpoch: 2, trainingCount: 64, batchSize: 16 };

describe('networks along a training run', () => {
  it('are taken as often as asked for, each after its steps, and the last is what training ends with', async () => {
    const { images, labels } = await dataset.read(100, 64);
    const few = inMemory(
      { images, labels },
      [28, 28, 1],
      Array.from({ length: 10 }, (_, k) => String(k)),
    );
    const options = { engine, model, dataset: few, scheme: standard, batchSize: 16, learningRate: () => 0.05, seed: 1, epochs: 2 };
    const networks = await collect({ ...options, optimizer: sgd(0.9), modelsPerEpoch: 2 });
    expect(networks).toHaveLength(4);
    expect(new Set(networks.map(({ fingerprint }) => fingerprint)).size).toBe(4);
    const ended = await train({ ...options, optimizer: sgd(0.9) });
    const pixels = fromStored(images, [64, 28, 28, 1]);
    const [last, whole] = [await predict(engine, networks[3]!, pixels), await predict(engine, ended, pixels)];
    expect([...last.data]).toEqual([...whole.data]);
    // An epoch of four steps has four networks at the most.
    expect(await collect({ ...options, optimizer: sgd(0.9), modelsPerEpoch: 9, epochs: 1 })).toHaveLength(4);
  });
});

describe('LGV', () => {
  it('is I-FGSM where the learning rate is so small that networks stay the same', async () => {
    const [still, plain] = [
      await evaluate('LGV', { ...SHORT, learningRate: 1e-6, weightDecay: 0 }),
      await evaluate('ITER_BASIC', { epsilon: EPSILON, alpha: EPSILON / 10, steps: 6 }),
    ];
    const differing = [...still.images!].filter((level, p) => level !== plain.images![p]).length;
    // Where a gradient is next to nothing, its sign may be another.
    expect(differing).toBeLessThan(0.01 * still.images!.length);
  });

  it('takes another way along networks that moved, and keeps its budget', async () => {
    const [one, all, plain] = [
      await evaluate('LGV', SHORT),
      await evaluate('LGV', { ...SHORT, modelsPerStep: 100 }),
      await evaluate('ITER_BASIC', { epsilon: EPSILON, alpha: EPSILON / 10, steps: 6 }),
    ];
    for (const other of [all, plain]) expect([...one.images!].filter((level, p) => level !== other.images![p]).length).toBeGreaterThan(100);
    for (const result of [one, all]) expect(result.budgetViolations).toBe(0);
    expect([...one.queries]).toEqual(Array(COUNT).fill(6));
    expect([...all.gradients]).toEqual(Array(COUNT).fill(24));
  });

  it('reaches more targets than noise, and depends on no batch', async () => {
    const given = { ...SHORT, epsilon: 0.3, steps: 20, target: 'RANDOM' };
    const [found, part] = [
      await evaluate('LGV', given),
      await evaluateShard({
        ...{ engine, model, dataset, attack: { kind: 'LGV', parameters: given } },
        ...{ seed: 1, start: 0, offset: 4, count: 4, keepImages: true },
      }),
    ];
    expect([...part.images!]).toEqual([...found.images!.slice(4 * 784)]);
    expect(found.target.filter((target, i) => found.adversarialPrediction[i] === target).length).toBeGreaterThan(COUNT / 2);
  });
});
