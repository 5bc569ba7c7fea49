import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { diagnose, joinDiagnostics } from '../../src/compute/evaluation/diagnostics.js';
import { testEngine } from '../test-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { fromStored } from '../../src/compute/distances/stored-image.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { randomStream } from '../../src/compute/random.js';
import { saturating, softmaxed, stepped, undefinedSlopes } from './lossy-models.js';

const engine = await testEngine();
const dataset = await openDataset({ format: 'mnist', split: 'test' });
const shipped = (name: string) => loadLayersModel({ format: 'LAYERS_MODEL', directory: `assets/models/${name}` });
const [baseline, adversarial] = [await shipped('mnist-baseline'), await shipped('mnist-adversarial')];
afterAll(() => Promise.all([engine.dispose(), dataset.close()]));

async function diagnosed(model: DifferentiableModel, { offset = 0, count = 160, again = (scores: HostTensor) => scores } = {}) {
  const { images, labels } = await dataset.read(offset, count);
  const pixels = fromStored(images, [labels.length, 28, 28, 1]);
  const scores = await predict(engine, model, pixels);
  return diagnose({ engine, model, images: pixels, labels, scores, offset, predict: async (x) => again(await predict(engine, model, x)) });
}

const HEALTHY = {
  examples: 160,
  probabilities: 0,
  sampled: 20,
  changed: 0,
  zeroGradients: 0,
  vanishingGradients: 0,
  nonFiniteGradients: 0,
};

describe('diagnostics', () => {
  it.each([
    ['plain', baseline],
    ['adversarially trained', adversarial],
  ])('report nothing for a %s network', async (_, model) => {
    const found = await diagnosed(model);
    expect(found).toMatchObject(HEALTHY);
    expect(found.saturated).toBeLessThan(0.6 * 160);
  });

  it('report a saturated softmax, and its vanished gradient', async () => {
    expect(await diagnosed(saturating(baseline))).toMatchObject({ ...HEALTHY, saturated: 160, zeroGradients: 20 });
  });

  it('report a step function, whose gradient is zero', async () => {
    expect(await diagnosed(stepped(baseline))).toMatchObject({ ...HEALTHY, zeroGradients: 20 });
  });

  it('report probabilities, declared or not', async () => {
    expect((await diagnosed(softmaxed(baseline))).probabilities).toBe(160);
    expect((await diagnosed({ ...softmaxed(baseline), output: 'PROBABILITIES' })).probabilities).toBe(160);
  });

  it('report nothing of gradients where a class that is not the label has the probability 0', async () => {
    const model = softmaxed(baseline);
    const probabilities: DifferentiableModel = {
      ...model,
      fingerprint: 'of probabilities, some of which are 0',
      output: 'PROBABILITIES',
      apply(variables, x) {
        const scores = model.apply(variables, x);
        return tf.where(tf.greater(scores, 1e-3), scores, tf.zerosLike(scores));
      },
    };
    expect(await diagnosed(probabilities)).toMatchObject({ nonFiniteGradients: 0 });
  });

  it('report gradients that are NaN', async () => {
    expect(await diagnosed(undefinedSlopes(baseline))).toMatchObject({ ...HEALTHY, nonFiniteGradients: 20 });
  });

  // Compiled functions hold no random numbers, so the randomness is put around the network; a last digit that varies is none.
  it('report an output that changes between runs, and ignore rounding', async () => {
    const stream = randomStream(1, 'test.random-output', 0);
    const noisy = (sigma: number) => (scores: HostTensor) => ({
      ...scores,
      data: Float32Array.from(scores.data, (value) => value + sigma * stream.normal()),
    });
    expect((await diagnosed(baseline, { again: noisy(1) })).changed).toBe(20);
    expect((await diagnosed(baseline, { again: noisy(1e-6) })).changed).toBe(0);
  });

  it('are the same for any division into shards', async () => {
    const parts = [
      await diagnosed(saturating(baseline), { count: 3 }),
      await diagnosed(saturating(baseline), { offset: 3, count: 60 }),
      await diagnosed(saturating(baseline), { offset: 63, count: 97 }),
    ];
    expect(joinDiagnostics(parts)).toEqual(await diagnosed(saturating(baseline)));
  });
});
