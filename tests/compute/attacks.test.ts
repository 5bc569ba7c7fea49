import { beforeAll, describe, expect, it } from 'vitest';
import { paperIterations } from '../../src/compute/attacks/gradient/iterative.js';
import { isRequired, validateParameters } from '../../src/compute/parameters/validate.js';
import { attacks, findAttack } from '../../src/compute/attacks/registry.js';
import type { AttackDefinition } from '../../src/compute/attacks/core/definition.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { ComputeError } from '../../src/compute/errors.js';
import { argmaxRows, argminRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { attackBatch, distances, part, storedNoise, type Batch } from './attack-fixtures.js';
import { everyNth } from '../sizes.js';

const N = 7;
let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1], width: 0.25 });
  const images = storedNoise(N, [5, 5, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

const run = (kind: string, given: ParameterValues, seed = 1) => attackBatch(batch, kind, given, { seed });

/** Enough work to see what an attack does, and no more. */
const few = ({ parameters }: AttackDefinition, epsilon: number): ParameterValues => {
  const wanted = {
    epsilon,
    steps: 3,
    targets: 2,
    queries: 10,
    pairs: 2,
    restarts: 2,
    rotations: 3,
    translations: 3,
    coordinates: 2,
    probes: 3,
  };
  return {
    ...Object.fromEntries(Object.entries(wanted).filter(([name]) => parameters[name])),
    ...(parameters['attacks'] ? { attacks: [{ kind: 'FGSM', parameters: { epsilon } }] } : {}),
  };
};

// Those that learn from other examples first have a file of their own.
const direct = attacks.filter(({ prepare, ofTrees }) => !prepare && !ofTrees);

describe.each(
  everyNth(
    3,
    direct.map((attack) => [attack.kind, attack] as const),
  ),
)('%s', (kind, attack) => {
  const { norm } = attack.budget(validateParameters(attack, few(attack, 0.1)), [28, 28, 1]);

  it('describes itself for the catalogue', () => {
    expect(attack.kind).toMatch(/^[A-Z0-9_]+$/);
    expect(attack.name).toMatch(/^[a-z][A-Za-z0-9]*$/);
    expect(attack.norms).toContain(norm);
    expect(attack.reference.link).toMatch(/^(arXiv:\d{4}\.\d{5}|arXiv:\d{4}\.\d{4}|doi:)/);
    for (const parameter of Object.values(attack.parameters)) expect(parameter.description).toMatch(/\.$/);
  });

  it.each([0, 0.1, 1])('stays inside its budget and the pixel range at ε = %f', async (epsilon) => {
    const given = few(attack, epsilon);
    const { images: adversarial, queries, gradients } = await run(kind, given);
    expect(adversarial.shape).toEqual(batch.images.shape);
    expect(queries).toHaveLength(N);
    expect(gradients).toHaveLength(N);
    for (const value of adversarial.data) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
    const budget = attack.budget(validateParameters(attack, given), [28, 28, 1]).epsilon;
    for (const distance of distances(norm, batch.images, adversarial)) expect(distance).toBeLessThanOrEqual(budget + 1e-5);
  });

  it('makes the same images for the same seed, in any batch', async () => {
    const given = few(attack, 0.05);
    const whole = await run(kind, given);
    expect((await run(kind, given)).images.data).toEqual(whole.images.data);
    const parts = [await attackBatch(part(batch, 0, 5), kind, given), await attackBatch(part(batch, 5, N), kind, given, { offset: 5 })];
    expect(parts.flatMap(({ images }) => [...images.data])).toEqual([...whole.images.data]);
    expect(parts.flatMap(({ queries }) => [...queries])).toEqual([...whole.queries]);
    expect(parts.flatMap(({ gradients }) => [...gradients])).toEqual([...whole.gradients]);
  });

  it('accepts an empty batch', async () => {
    expect((await attackBatch(part(batch, 3, 3), kind, few(attack, 0.1))).images.shape).toEqual([0, 5, 5, 1]);
  });

  it('refuses parameters that it does not have', () => {
    expect(() => validateParameters(attack, { ...few(attack, 0.1), nonsense: 3 })).toThrow(/no parameter "nonsense"/);
  });

  if (!attack.parameters['epsilon']) return;

  it('refuses wrong parameters with the field and its range', () => {
    for (const [given, message] of [
      [{ epsilon: -1 }, /"epsilon" is -1. Give a (fraction of the pixel range|number) from 0 to/],
      [{ epsilon: NaN }, /"epsilon" is NaN/],
      [{ epsilon: 1e9 }, /"epsilon" is 1000000000/],
      [{ epsilon: '0.1' }, /"epsilon" is "0.1"/],
    ] as [ParameterValues, RegExp][]) {
      expect(() => validateParameters(attack, given)).toThrow(message);
      expect(() => validateParameters(attack, given)).toThrow(ComputeError);
    }
  });

  it('needs an L∞ budget, in fractions of the pixel range', () => {
    if (norm !== 'LINF') return;
    if (isRequired(attack.parameters['epsilon']!)) expect(() => validateParameters(attack, {})).toThrow(/"epsilon" is missing/);
    expect(() => validateParameters(attack, { epsilon: 8 })).toThrow(/such as 8\/255/);
  });
});

describe('the targets', () => {
  const probability = async (x: HostTensor, classes: Int32Array) => {
    const { data } = await predict(batch.engine, batch.model, x);
    return Array.from(classes, (target, i) => {
      const row = [...data.subarray(10 * i, 10 * (i + 1))];
      return 1 / row.reduce((sum, score) => sum + Math.exp(score - row[target]!), 0);
    }).reduce((sum, p) => sum + p, 0);
  };

  it.each(['STEP_LL', 'ITER_LL'])('%s makes the least likely class likelier', async (kind) => {
    const target = argminRows(batch.cleanLogits);
    const { images: adversarial } = await run(kind, { epsilon: 0.05 });
    expect(await probability(adversarial, target)).toBeGreaterThan(1.2 * (await probability(batch.images, target)));
  });

  it('STEP_RND depends on the seed', async () => {
    const [a, b] = [await run('STEP_RND', { epsilon: 0.1 }, 1), await run('STEP_RND', { epsilon: 0.1 }, 2)];
    expect(a.images.data).not.toEqual(b.images.data);
  });
});

describe('iterations', () => {
  it('follow the rule of the paper', () => {
    const steps = [2, 4, 8, 16, 32].map((epsilon) => paperIterations(epsilon / 255));
    // min(ε + 4, 1.25 ε): 2.5, 5, 10, 20, 36.
    expect(steps).toEqual([3, 5, 10, 20, 36]);
    expect(paperIterations(0)).toBe(1);
    expect(paperIterations(0.3)).toBe(81);
  });

  it('are counted, and can be set', async () => {
    expect((await run('ITER_BASIC', { epsilon: 8 / 255 })).queries[0]).toBe(10);
    expect((await run('ITER_LL', { epsilon: 8 / 255, steps: 3 })).gradients[0]).toBe(3);
    expect(() => validateParameters(findAttack('ITER_LL'), { epsilon: 0.1, steps: 2.5 })).toThrow(/whole number from 1 to 10000/);
  });

  it('of size α reach ε and stop there', async () => {
    const { images: adversarial } = await run('ITER_BASIC', { epsilon: 4 / 255, alpha: 1 / 255, steps: 2 });
    const largest = Math.max(...adversarial.data.map((value, p) => Math.abs(value - batch.images.data[p]!)));
    expect(largest).toBeCloseTo(2 / 255, 5);
  });
});
