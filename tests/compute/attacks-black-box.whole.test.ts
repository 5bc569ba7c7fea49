/** Attacks that only ask for scores or decisions, on the shipped MNIST model. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { attackTask } from '../../src/compute/attacks/core/task.js';
import type { AttackOutput, AttackTask } from '../../src/compute/attacks/core/definition.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { testEngine } from '../test-engine.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { asJudged } from '../../src/compute/distances/judged-image.js';
import { fromStored } from '../../src/compute/distances/stored-image.js';
import { argmaxRows, argminRows } from '../../src/compute/tensors/scores.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { predict } from '../../src/compute/models/functions.js';
import { exampleRandom } from '../../src/compute/random.js';
import { distances, part, type Batch } from './attack-fixtures.js';

/** Of which the model gets the fourth wrong. */
const COUNT = 12;

let batch: Batch;

beforeAll(async () => {
  const [engine, dataset, model] = await Promise.all([
    testEngine(),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
  ]);
  const { images: stored, labels } = await dataset.read(0, COUNT);
  await dataset.close();
  const images = fromStored(stored, [COUNT, ...dataset.info.imageShape]);
  const cleanLogits = await predict(engine, model, images);
  const wrong = labels.slice();
  wrong[3] = (wrong[3]! + 1) % 10;
  batch = { engine, model, images, labels: wrong, cleanLogits };
});

afterAll(() => batch.engine.dispose());

interface Options {
  readonly of?: Batch;
  /** Data-set index of the first image. */
  readonly offset?: number;
  /** Changes what the attack is given. */
  readonly given?: (task: AttackTask) => Partial<AttackTask>;
}

function attack(
  kind: string,
  parameters: ParameterValues,
  { of = batch, offset = 0, given = () => ({}) }: Options = {},
): Promise<AttackOutput> {
  const definition = findAttack(kind);
  const checked = validateParameters(definition, parameters);
  const task = attackTask({ ...of, definition, parameters: checked, random: exampleRandom(1, offset) });
  return definition.run({ ...task, ...given(task) }, checked);
}

/** Which images that the model gets right it gets wrong once they are stored. */
async function fooled({ images }: AttackOutput, of = batch): Promise<boolean[]> {
  const stored = asJudged(of.images, images, { norm: 'LINF', epsilon: Infinity });
  const [clean, predicted] = [argmaxRows(of.cleanLogits), argmaxRows(await predict(of.engine, of.model, stored))];
  return Array.from(of.labels, (label, i) => clean[i] === label && predicted[i] !== label);
}

const count = async (output: AttackOutput) => (await fooled(output)).filter(Boolean).length;
const RIGHT = COUNT - 1;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const LIMIT = 180;
const SCORES: [string, ParameterValues][] = [
  ['SQUARE_LINF', { epsilon: 0.2 }],
  ['SQUARE_L2', { epsilon: 2 }],
  ['SQUARE_L1', { epsilon: 20 }],
  ['SPSA', { epsilon: 0.2, pairs: 8 }],
  ['NES', { epsilon: 0.2, pairs: 8 }],
  ['SIMBA', { alpha: 0.5 }],
  ['SIMBA', { alpha: 0.5, basis: 'DCT' }],
  ['ONE_PIXEL', { pixels: 5, population: 30 }],
];
const DECISIONS: [string, ParameterValues][] = [
  ['BOUNDARY', {}],
  ['HOP_SKIP_JUMP_L2', { probes: 20 }],
  ['HOP_SKIP_JUMP_LINF', { probes: 20 }],
];

describe.each([...SCORES, ...DECISIONS])('%s %j', (kind, parameters) => {
  const given = { ...parameters, queries: LIMIT };

  it('stays within its query limit, takes no gradient, and leaves misclassified images unchanged', async () => {
    const output = await attack(kind, given, {
      given: () => ({ compile: () => Promise.reject(new Error('A black box has no gradient.')) }),
    });
    expect(Math.max(...output.queries)).toBeLessThanOrEqual(LIMIT);
    expect(Math.max(...output.gradients)).toBe(0);
    output.queries.forEach((queries, i) => expect(queries > 0).toBe(i !== 3));
    distances('LINF', batch.images, output.images).forEach((distance, i) => i === 3 && expect(distance).toBe(0));
  });

  it('counts its queries', async () => {
    let asked = 0;
    const counting = ({ predict: ask }: AttackTask) => ({
      predict: (images: HostTensor) => {
        asked += images.shape[0]!;
        return ask(images);
      },
    });
    const { queries } = await attack(kind, given, { given: counting });
    expect(queries.reduce((sum, spent) => sum + spent, 0)).toBe(asked);
  });

  it('makes the same image of an example in any batch', async () => {
    const whole = await attack(kind, given);
    const parts = [
      await attack(kind, given, { of: part(batch, 0, 5) }),
      await attack(kind, given, { of: part(batch, 5, COUNT), offset: 5 }),
    ];
    expect(parts.flatMap(({ queries }) => [...queries])).toEqual([...whole.queries]);
    expect(Float32Array.from(parts.flatMap(({ images }) => [...images.data]))).toEqual(whole.images.data);
  });
});

it.each(SCORES)('%s %j makes the same images where fooled examples stay in the batch', async (kind, parameters) => {
  const given = { ...parameters, queries: LIMIT };
  const staying = await attack(kind, given, { given: () => ({ compaction: false }) });
  expect(staying.images.data).toEqual((await attack(kind, given)).images.data);
});

describe.each(DECISIONS)('%s', (kind, parameters) => {
  const norm = findAttack(kind).norms[0]!;
  const given = { ...parameters, queries: 400 };

  it('sees decisions only: of a model that outputs 1 for its class and 0 for the others it makes the same images', async () => {
    const decided = ({ predict: ask }: AttackTask) => ({
      predict: async (images: HostTensor) => {
        const scores = await ask(images);
        const data = new Float32Array(scores.data.length);
        argmaxRows(scores).forEach((predicted, i) => (data[10 * i + predicted] = 1));
        return { ...scores, data };
      },
    });
    expect((await attack(kind, given, { given: decided })).images.data).toEqual((await attack(kind, given)).images.data);
  });

  it('fools the model with images of 8 bits, and leaves those unchanged that need a larger change than its limit', async () => {
    const free = await attack(kind, given);
    expect(await count(free)).toBe(RIGHT);
    for (const value of free.images.data) expect(Math.abs(255 * value - Math.round(255 * value))).toBeLessThan(1e-4);
    const lengths = distances(norm, batch.images, free.images);
    const cap = median(lengths);
    const capped = await attack(kind, { ...given, epsilon: cap });
    distances(norm, batch.images, capped.images).forEach((length, i) => expect(length).toBe(lengths[i]! <= cap ? lengths[i]! : 0));
  });

  it('finds smaller changes with more queries, but not as small as with gradients', async () => {
    const lengths = async (name: string, asked: ParameterValues) => distances(norm, batch.images, (await attack(name, asked)).images);
    const [few, many] = [median(await lengths(kind, { queries: 500 })), median(await lengths(kind, { queries: 2000 }))];
    expect(many).toBeLessThan(0.8 * few);
    expect(many).toBeGreaterThan(median(await lengths(norm === 'L2' ? 'DDN' : 'FMN_LINF', {})));
  });
});

it.each(DECISIONS)('%s %j starts from images of a target, and ends with shorter changes that lead to it', async (kind, parameters) => {
  const { engine, model } = batch;
  const given = { ...parameters, queries: 300, target: 'LEAST_LIKELY' };
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const shard = { engine, model, dataset, attack: { kind, parameters: given }, seed: 1, offset: 0, count: COUNT, keepImages: false };
  const targeted = await evaluateShard(shard);
  await dataset.close();
  expect([...targeted.adversarialPrediction]).toEqual([...argminRows(batch.cleanLogits)]);
  expect(Math.max(...targeted.queries)).toBeLessThanOrEqual(300);
  // Images of different digits are about 10 apart.
  expect(median([...targeted.l2])).toBeLessThan(9);
});

/**
 * Median over the first 20 images of lengths at 3,762 steps, from the starts of this attack: Foolbox 3.3.4 on the same network, mean of three seeds, which differ
 * by 7 %. With windows that do not slide, and decisions on rounded candidates, it is 4.85.
 */
const FOOLBOX_BOUNDARY = 3.35;

it('Boundary ends as near to the originals as Foolbox’s, at equal steps', async () => {
  const { engine, model } = batch;
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const attacked = { kind: 'BOUNDARY', parameters: { queries: 4155 } };
  const { l2 } = await evaluateShard({ engine, model, dataset, attack: attacked, seed: 1, offset: 0, count: 20, keepImages: false });
  await dataset.close();
  expect(median([...l2])).toBeLessThan(1.07 * FOOLBOX_BOUNDARY);
});

describe('score attacks', () => {
  it('Square in L2 fools most images, more with more queries, and no more than PGD does', async () => {
    const [few, many] = [await attack('SQUARE_L2', { epsilon: 3, queries: 10 }), await attack('SQUARE_L2', { epsilon: 3, queries: 1000 })];
    expect(await count(many)).toBeGreaterThan(RIGHT / 2);
    expect(await count(many)).toBeGreaterThan(await count(few));
    expect(await count(many)).toBeLessThanOrEqual((await count(await attack('PGD_L2', { epsilon: 3 }))) + 1);
    // An image that is fooled early asks no more.
    expect(Math.min(...many.queries.filter((spent) => spent > 0))).toBeLessThan(1000);
  });

  it.each(['NES', 'SPSA'])('%s beats noise of the same budget by its estimate of the gradient, and PGD beats it', async (kind) => {
    const given = { epsilon: 0.2, queries: 1500, pairs: 16 };
    const found = await count(await attack(kind, given));
    expect(found).toBeGreaterThan(await count(await attack('RANDOM_SIGN_NOISE', { epsilon: 0.2 })));
    expect(found).toBeLessThanOrEqual(await count(await attack('PGD', { epsilon: 0.2 })));
    const targeted = await count(await attack(kind, { ...given, target: 'LEAST_LIKELY' }));
    expect(targeted).toBeLessThanOrEqual(found);
  });

  it.each(['PIXEL', 'DCT'])('SimBA with basis %s fools all images, and needs larger changes towards a target', async (basis) => {
    const mean = (output: AttackOutput) => distances('L2', batch.images, output.images).reduce((sum, length) => sum + length, 0) / COUNT;
    const free = await attack('SIMBA', { basis, queries: 3000 });
    expect(await count(free)).toBe(RIGHT);
    expect(mean(await attack('SIMBA', { basis, queries: 3000, target: 'LEAST_LIKELY' }))).toBeGreaterThan(mean(free));
    const capped = await attack('SIMBA', { basis, queries: 500, epsilon: 1 });
    for (const length of distances('L2', batch.images, capped.images)) expect(length).toBeLessThanOrEqual(1 + 1e-5);
  });

  it('one pixel has a budget of as many pixel values as the image has channels', () => {
    const { budget } = findAttack('ONE_PIXEL');
    expect(budget({ pixels: 2 }, [28, 28, 1])).toEqual({ norm: 'L0', epsilon: 2 });
    expect(budget({ pixels: 2 }, [32, 32, 3])).toEqual({ norm: 'L0', epsilon: 6 });
  });

  it('one pixel changes as many pixels as it may, and more pixels make the model less sure', async () => {
    const margins = async (pixels: number) => {
      const { images } = await attack('ONE_PIXEL', { pixels, queries: 600, population: 40 });
      for (const changed of distances('L0', batch.images, images)) expect(changed).toBeLessThanOrEqual(pixels);
      const { data } = await predict(batch.engine, batch.model, images);
      return Array.from(batch.labels, (label, i) => {
        const row = [...data.subarray(10 * i, 10 * (i + 1))];
        return row[label]! - Math.max(...row.filter((_, other) => other !== label));
      });
    };
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const [one, eight, forty] = [sum(await margins(1)), sum(await margins(8)), sum(await margins(40))];
    expect(eight).toBeLessThan(one);
    expect(forty).toBeLessThan(eight);
  });
});

describe('rotation and translation', () => {
  const image = (data: HostTensor, i: number) => [...data.data.subarray(784 * i, 784 * (i + 1))];

  it('of whole pixels and right angles only move pixels, and fill in black', async () => {
    const shifted = await attack('ROTATION_TRANSLATION', { rotations: 1, translation: 2, translations: 3 });
    const turned = await attack('ROTATION_TRANSLATION', { rotation: 90, rotations: 3, translations: 1 });
    const moved = (original: number[], from: (y: number, x: number) => [number, number]) =>
      original.map((_, p) => {
        const [y, x] = from(Math.floor(p / 28), p % 28);
        return y < 0 || y > 27 || x < 0 || x > 27 ? 0 : Math.fround(original[28 * y + x]!);
      });
    for (let i = 0; i < COUNT; i++) {
      if (i === 3) continue;
      const original = image(batch.images, i);
      const steps = [-2, 0, 2];
      const shifts = steps.flatMap((down) => steps.map((right) => moved(original, (y, x) => [y - down, x - right])));
      expect(shifts).toContainEqual(image(shifted.images, i));
      const turns = [moved(original, (y, x) => [x, 27 - y]), moved(original, (y, x) => [27 - x, y])];
      expect(turns).toContainEqual(image(turned.images, i));
    }
  });

  it('fool more images with wider ranges', async () => {
    const [narrow, wide] = [
      await count(await attack('ROTATION_TRANSLATION', { rotation: 5, translation: 1, rotations: 7 })),
      await count(await attack('ROTATION_TRANSLATION', { rotations: 7 })),
    ];
    expect(wide).toBeGreaterThan(narrow);
    expect(wide).toBeGreaterThan(RIGHT / 2);
  });
});

describe('gradient directions', () => {
  it('the line search of fast gradient value fools what one step of a given length fools, and no more than a search of all directions', async () => {
    const line = await attack('FAST_GRADIENT_VALUE', {});
    expect(await count(line)).toBe(RIGHT);
    expect(Math.max(...line.gradients)).toBe(1);
    const lengths = distances('L2', batch.images, line.images);
    (await fooled(await attack('FAST_GRADIENT_L2', { epsilon: 2 }))).forEach((found, i) => found && expect(lengths[i]).toBeLessThan(2.05));
    expect(median(lengths)).toBeGreaterThan(median(distances('L2', batch.images, (await attack('DDN', {})).images)));
    const capped = await attack('FAST_GRADIENT_VALUE', { epsilon: median(lengths) });
    distances('L2', batch.images, capped.images).forEach((length, i) => {
      expect(length).toBe(lengths[i]! <= median(lengths) ? lengths[i]! : 0);
    });
  });

  it('hot/cold fools all images, with larger changes towards a cold target', async () => {
    const [free, targeted] = [await attack('HOT_COLD', {}), await attack('HOT_COLD', { target: 'LEAST_LIKELY' })];
    expect(await count(free)).toBe(RIGHT);
    const shortest = distances('L2', batch.images, free.images);
    const reached = distances('L2', batch.images, targeted.images).flatMap((length, i) =>
      length > 0 ? [[length, shortest[i]!] as const] : [],
    );
    expect(reached.length).toBeGreaterThan(0);
    for (const [length, free] of reached) expect(length).toBeGreaterThan(free);
  });

  it('virtual adversarial perturbation needs no label, and beats noise of its length', async () => {
    const given = { epsilon: 3, steps: 3 };
    const [found, blind] = [await attack('VAP', given), await attack('VAP', given, { given: () => ({ labels: new Int32Array(COUNT) }) })];
    expect(blind.images.data).toEqual(found.images.data);
    expect(await count(found)).toBeGreaterThan((await count(await attack('GAUSSIAN_NOISE', { epsilon: 3 }))) + 3);
    expect(found.gradients[0]).toBe(3);
  });
});
