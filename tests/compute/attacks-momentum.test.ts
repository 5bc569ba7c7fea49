import { beforeAll, describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { attackBatch, storedNoise, type Batch } from './attack-fixtures.js';

let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1] });
  const images = storedNoise(8, [5, 5, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

const run = async (kind: string, given: ParameterValues = {}) => attackBatch(batch, kind, { epsilon: 0.1, steps: 4, ...given });
const images = async (kind: string, given: ParameterValues = {}) => (await run(kind, given)).images.data;

describe('momentum attacks with neutral parameters', () => {
  it('equal iterated sign steps', async () => {
    const plain = await attackBatch(batch, 'ITER_BASIC', { epsilon: 0.1, alpha: 0.1 / 4, steps: 4 });
    for (const [kind, given] of [
      ['MI_FGSM', { decay: 0 }],
      ['NI_FGSM', { decay: 0 }],
      ['DI_FGSM', { probability: 0 }],
      ['TI_FGSM', { radius: 0 }],
      ['SI_NI_FGSM', { decay: 0, copies: 1 }],
      ['VMI_FGSM', { decay: 0, beta: 0 }],
    ] as [string, ParameterValues][]) {
      const data = await images(kind, given);
      const apart = plain.images.data.filter((value, at) => Math.abs(value - data[at]!) > 1e-5).length;
      expect(apart, kind).toBe(0);
    }
  });

  it('with one step equal FGSM', async () => {
    const fgsm = (await attackBatch(batch, 'FGSM', { epsilon: 0.1 })).images.data;
    for (const kind of ['MI_FGSM', 'NI_FGSM']) expect(await images(kind, { steps: 1 })).toEqual(fgsm);
  });
});

describe('the distinctive part of each momentum attack', () => {
  it('changes the images', async () => {
    const momentum = await images('MI_FGSM');
    const plain = await images('MI_FGSM', { decay: 0 });
    expect(momentum).not.toEqual(plain);
    expect(await images('NI_FGSM')).not.toEqual(momentum);
    expect(await images('VMI_FGSM')).not.toEqual(momentum);
    expect(await images('SI_NI_FGSM')).not.toEqual(await images('NI_FGSM'));
    expect(await images('DI_FGSM', { probability: 1, smallest: 0.5 })).not.toEqual(plain);
    expect(await images('TI_FGSM', { radius: 1 })).not.toEqual(plain);
  });

  it('has its passes counted', async () => {
    expect((await run('MI_FGSM')).gradients[0]).toBe(4);
    expect((await run('SI_NI_FGSM')).gradients[0]).toBe(4 * 5);
    expect((await run('VMI_FGSM')).queries[0]).toBe(4 * 21);
  });
});
