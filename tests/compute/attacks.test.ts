import { beforeAll, describe, expect, it } from 'vitest';
import { paperIterations } from '../../src/compute/attacks/iterations.js';
import { validateParameters } from '../../src/compute/attacks/parameters.js';
import { attacks, findAttack } from '../../src/compute/attacks/registry.js';
import type { AttackTask, ParameterValues } from '../../src/compute/attacks/types.js';
import { createEngine } from '../../src/compute/engine/index.js';
import type { HostTensor } from '../../src/compute/engine/types.js';
import { ComputeError } from '../../src/compute/errors.js';
import { argmaxRows, argminRows } from '../../src/compute/metrics/predictions.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { compileWithModel, predict } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { exampleRandom } from '../../src/compute/random.js';
import { noise } from './fixtures.js';

const N = 24;
const engine = await createEngine({ engine: 'eager:cpu' });
let model: DifferentiableModel;
let images: HostTensor;
let labels: Int32Array;
let cleanLogits: HostTensor;

beforeAll(async () => {
  model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1] });
  images = noise(N, [5, 5, 1]);
  // Pixels at the ends of the range, where clipping must hold.
  images.data.fill(0, 0, 10).fill(1, 10, 20);
  cleanLogits = await predict(engine, model, images);
  labels = argmaxRows(cleanLogits);
});

function run(kind: string, given: ParameterValues, seed = 1) {
  const definition = findAttack(kind);
  const task: AttackTask = {
    model,
    images,
    labels,
    cleanLogits,
    random: exampleRandom(seed, 0),
    compile: (name, inputs, fn) => compileWithModel(engine, model, `${kind}.${name}`, inputs, fn),
  };
  return definition.run(task, validateParameters(definition, given));
}

describe.each(attacks.map((attack) => [attack.kind, attack] as const))('%s', (kind, attack) => {
  it('describes itself for the catalogue', () => {
    expect(attack.kind).toMatch(/^[A-Z0-9_]+$/);
    expect(attack.name).toMatch(/^[a-z][A-Za-z0-9]*$/);
    expect(attack.reference.link).toMatch(/^(arXiv:\d{4}\.\d{5}|arXiv:\d{4}\.\d{4}|doi:)/);
    for (const parameter of Object.values(attack.parameters)) expect(parameter.description).toMatch(/\.$/);
  });

  it.each([0, 2 / 255, 0.1, 1])('stays inside its budget and the pixel range at ε = %f', async (epsilon) => {
    const { images: adversarial, queries, gradients } = await run(kind, { epsilon, ...(attack.parameters['steps'] ? { steps: 5 } : {}) });
    expect(adversarial.shape).toEqual(images.shape);
    expect(queries).toHaveLength(N);
    expect(gradients).toHaveLength(N);
    adversarial.data.forEach((value, p) => {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(Math.abs(value - images.data[p]!)).toBeLessThanOrEqual(epsilon + 1e-6);
    });
  });

  it('gives the same images for the same seed', async () => {
    expect((await run(kind, { epsilon: 0.05 })).images.data).toEqual((await run(kind, { epsilon: 0.05 })).images.data);
  });

  it('refuses wrong parameters with the field and its range', () => {
    for (const [given, message] of [
      [{ epsilon: -1 }, /"epsilon" is -1. Give a fraction of the pixel range from 0 to 1/],
      [{ epsilon: NaN }, /"epsilon" is NaN/],
      [{ epsilon: 8 }, /such as 8\/255/],
      [{ epsilon: 0.1, power: 3 }, /no parameter "power"/],
      [{ epsilon: '0.1' }, /"epsilon" is "0.1"/],
      [{}, /"epsilon" is missing/],
    ] as [ParameterValues, RegExp][]) {
      expect(() => validateParameters(attack, given)).toThrow(message);
      expect(() => validateParameters(attack, given)).toThrow(ComputeError);
    }
  });
});

describe('FGSM', () => {
  it('is the formula: ε · sign of the gradient of the loss, here by finite differences', async () => {
    const epsilon = 0.02;
    const { images: adversarial } = await run('FGSM', { epsilon });
    const lossesOf = async (x: HostTensor) => {
      const { data } = await predict(engine, model, x);
      return Array.from(labels, (label, i) => {
        const row = [...data.subarray(10 * i, 10 * (i + 1))];
        return Math.log(row.reduce((sum, score) => sum + Math.exp(score - row[label]!), 0));
      });
    };
    const h = 1e-3;
    const shifted = async (p: number, by: number) =>
      lossesOf({ ...images, data: Float32Array.from(images.data, (v, at) => (at % 25 === p ? v + by : v)) });
    let compared = 0;
    for (let p = 0; p < 25; p++) {
      const [up, down] = [await shifted(p, h), await shifted(p, -h)];
      for (let i = 0; i < N; i++) {
        const slope = (up[i]! - down[i]!) / (2 * h);
        // Differences in float32 cannot tell the sign of slopes near zero.
        if (Math.abs(slope) < 5e-3) continue;
        const original = images.data[i * 25 + p]!;
        const expected = Math.min(1, Math.max(0, original + epsilon * Math.sign(slope)));
        expect(adversarial.data[i * 25 + p]).toBeCloseTo(expected, 6);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(N * 20);
  });

  it('on the predicted label is FGSM on the true one where the prediction is right', async () => {
    expect((await run('FGSM', { epsilon: 0.1, label: 'PREDICTED' })).images.data).toEqual(
      (await run('FGSM', { epsilon: 0.1 })).images.data,
    );
  });

  it('refuses a label that it does not know', () => {
    expect(() => validateParameters(findAttack('FGSM'), { epsilon: 0.1, label: 'RANDOM' })).toThrow(/Give one of TRUE, PREDICTED/);
  });
});

describe('the targets', () => {
  const probability = async (x: HostTensor, classes: Int32Array) => {
    const { data } = await predict(engine, model, x);
    return Array.from(classes, (target, i) => {
      const row = [...data.subarray(10 * i, 10 * (i + 1))];
      return 1 / row.reduce((sum, score) => sum + Math.exp(score - row[target]!), 0);
    }).reduce((sum, p) => sum + p, 0);
  };

  it.each(['STEP_LL', 'ITER_LL'])('%s makes the least likely class likelier', async (kind) => {
    const target = argminRows(cleanLogits);
    const { images: adversarial } = await run(kind, { epsilon: 0.05 });
    expect(await probability(adversarial, target)).toBeGreaterThan(1.2 * (await probability(images, target)));
  });

  it('STEP_RND depends on the seed', async () => {
    const [a, b] = [await run('STEP_RND', { epsilon: 0.1 }, 1), await run('STEP_RND', { epsilon: 0.1 }, 2)];
    expect(a.images.data).not.toEqual(b.images.data);
  });
});

describe('iterations', () => {
  it("follow the paper's rule", () => {
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
    const largest = Math.max(...adversarial.data.map((value, p) => Math.abs(value - images.data[p]!)));
    expect(largest).toBeCloseTo(2 / 255, 5);
  });
});
