import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { predictTransformed } from '../../src/compute/evaluation/transform.js';
import { testEngine } from '../test-engine.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ImageShape } from '../../src/compute/tensors/types.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { randomStream } from '../../src/compute/random.js';
import { findTransformation } from '../../src/compute/data/transformations/registry.js';
import type { TransformationStep } from '../../src/compute/data/transformations/types.js';
import { toLevels } from '../../src/compute/distances/stored-image.js';
import { failure, refusal } from './fixtures.js';

const dataset = await openDataset({ format: 'mnist', split: 'test' });
const images = toLevels((await dataset.read(0, 1)).images);
const GREY: ImageShape = [28, 28, 1];
const RGB: ImageShape = [28, 28, 3];
const coloured = Uint8Array.from({ length: 784 * 3 }, (_, p) => (images[Math.floor(p / 3)]! * (1 + (p % 3))) / 3);

const apply = async (name: string, amount: number, image = images, shape = GREY, seed = 1) =>
  findTransformation({ name, amount }).apply(image, shape, amount, randomStream(seed, 'test.transformation', 0));
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const distance = (a: Uint8Array, b: Uint8Array) => mean(Array.from(a, (value, p) => Math.abs(value - b[p]!)));

describe('transformations', () => {
  it('of brightness and contrast round and stay in range', async () => {
    const image = Uint8Array.of(0, 100, 200, 255);
    expect([...(await apply('brightness', 0.2, image))]).toEqual([51, 151, 251, 255]);
    expect([...(await apply('brightness', -0.5, image))]).toEqual([0, 0, 72, 128]);
    expect([...(await apply('contrast', 1, image))]).toEqual([...image]);
    expect([...(await apply('contrast', 2, image))]).toEqual([0, 72, 255, 255]);
    expect(new Set(await apply('contrast', 0, image)).size).toBe(1);
  });

  it('of noise follow their seed and have their σ', async () => {
    const grey = new Uint8Array(784).fill(128);
    const noisy = await apply('noise', 0.1, grey);
    expect(await apply('noise', 0.1, grey)).toEqual(noisy);
    expect(await apply('noise', 0.1, grey, GREY, 2)).not.toEqual(noisy);
    const deviation = Math.sqrt(mean(Array.from(noisy, (value) => (value - 128) ** 2)));
    expect(deviation).toBeGreaterThan(23);
    expect(deviation).toBeLessThan(28);
  });

  it.each([
    ['grey', images, GREY],
    ['RGB', coloured, RGB],
  ] as const)('keep the shape of %s images', async (_, image, shape) => {
    for (const [name, amount] of [
      ['blur', 1],
      ['jpeg', 90],
    ] as const) {
      expect((await apply(name, amount, image, shape)).length).toBe(image.length);
    }
  });

  it('of blur smooth, the more the larger σ; JPEG loses more the lower its quality', async () => {
    const [little, much] = [await apply('blur', 0.5), await apply('blur', 2)];
    expect(distance(images, little)).toBeLessThan(distance(images, much));
    expect(Math.abs(mean(much) - mean(images))).toBeLessThan(4);
    const [fine, coarse] = [await apply('jpeg', 100), await apply('jpeg', 5)];
    expect(distance(images, fine)).toBeLessThan(distance(images, coarse));
    expect(distance(images, fine)).toBeLessThan(2);
  });

  it('are refused where they do not exist or are out of range', () => {
    expect(() => findTransformation({ name: 'rotate', amount: 1 })).toThrow(/Known: brightness, contrast, blur, noise, jpeg/);
    expect(() => findTransformation({ name: 'jpeg', amount: 0 })).toThrow(/from 1 to 100/);
    expect(() => findTransformation({ name: 'blur', amount: NaN })).toThrow(/from 0.3 to 100/);
  });
});

describe('transformed adversarial images', async () => {
  const engine = await testEngine();
  afterAll(() => Promise.all([engine.dispose(), dataset.close()]));
  const model = await loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' });
  const attack = { kind: 'PGD', parameters: { epsilon: 0.1, steps: 10 } };
  const attacked = await evaluateShard({ engine, model, dataset, attack, seed: 1, offset: 0, count: 100, keepImages: true });
  const predicted = (steps: TransformationStep[], from = 0, to = 100) => {
    const adversarial = toLevels(attacked.images!).slice(784 * from, 784 * to);
    return predictTransformed({ engine, model, dataset, offset: from, adversarial, steps, seed: 3 });
  };

  it('are the same under neutral transformations', async () => {
    const same = await predicted([{ name: 'contrast', amount: 1 }]);
    expect(same).toEqual({ clean: attacked.cleanPrediction, adversarial: attacked.adversarialPrediction });
  });

  it('do not depend on the shard', async () => {
    const steps = [
      { name: 'blur', amount: 0.5 },
      { name: 'noise', amount: 0.1 },
    ];
    const [whole, first, second] = [await predicted(steps), await predicted(steps, 0, 37), await predicted(steps, 37)];
    expect([...first.adversarial, ...second.adversarial]).toEqual([...whole.adversarial]);
    expect([...first.clean, ...second.clean]).toEqual([...whole.clean]);
  });

  it('lose their effect to strong contrast, which keeps the digits readable', async () => {
    const fooled = Array.from(attacked.labels.keys()).filter(
      (i) => attacked.cleanPrediction[i] === attacked.labels[i] && attacked.adversarialPrediction[i] !== attacked.labels[i],
    );
    const { clean, adversarial } = await predicted([{ name: 'contrast', amount: 2 }]);
    expect(fooled.length).toBeGreaterThan(20);
    expect(fooled.filter((i) => adversarial[i] === attacked.labels[i]).length).toBeGreaterThan(0.5 * fooled.length);
    expect(clean.filter((prediction, i) => prediction === attacked.labels[i]).length).toBeGreaterThan(95);
  });

  it('are refused before any computation', async () => {
    expect(await failure(predicted([{ name: 'blur', amount: 0 }]))).toMatchObject(refusal('INVALID_TRANSFORMATION', /from 0.3/));
  });
});
