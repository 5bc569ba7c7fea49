/** Attacks that ask for decisions: what they start from, what they ask, and how their steps adapt. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutcomeWindow } from '../../src/compute/attacks/decision/outcome-window.js';
import type { References } from '../../src/compute/attacks/decision/decision-start.js';
import type { AttackTask } from '../../src/compute/attacks/core/definition.js';
import { attackTask } from '../../src/compute/attacks/core/task.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { exampleRandom } from '../../src/compute/random.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { distances, storedNoise, type Batch } from './attack-fixtures.js';

const KINDS = ['BOUNDARY', 'HOP_SKIP_JUMP_L2', 'HOP_SKIP_JUMP_LINF'];
const SIZE = 25;
let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1], width: 0.25 });
  const images = storedNoise(6, [5, 5, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

afterAll(() => batch.engine.dispose());

/** @param classify the class of each image that is asked about, in place of the model's. */
async function attack(
  kind: string,
  given: ParameterValues,
  { classify, ...rest }: Partial<AttackTask> & { classify?: (image: Float32Array) => number } = {},
) {
  const definition = findAttack(kind);
  const parameters = validateParameters(definition, given);
  const task = attackTask({ ...batch, definition, parameters, random: exampleRandom(1, 0) });
  const asked: Float32Array[] = [];
  const watch = async (images: HostTensor): Promise<HostTensor> => {
    const rows = Array.from({ length: images.shape[0]! }, (_, i) => Float32Array.from(images.data.slice(SIZE * i, SIZE * (i + 1))));
    asked.push(...rows);
    if (!classify) return task.predict(images);
    const data = new Float32Array(10 * rows.length);
    rows.forEach((image, i) => (data[10 * i + classify(image)] = 1));
    return { dtype: 'float32', shape: [rows.length, 10], data };
  };
  return { ...(await definition.run({ ...task, ...rest, predict: watch }, parameters)), asked };
}

const isOfLevels = (image: Float32Array) => image.every((value) => Math.abs(255 * value - Math.round(255 * value)) < 1e-3);

describe('the window of outcomes by which steps adapt', () => {
  it('has no rate until it is full', () => {
    const window = new OutcomeWindow(30);
    for (let i = 0; i < 29; i++) window.add(true);
    expect(window.rate).toBeUndefined();
    window.add(false);
    expect(window.rate).toBe(29 / 30);
  });

  it('slides: each outcome beyond its size replaces the oldest', () => {
    const window = new OutcomeWindow(4);
    for (const isSuccess of [true, true, false, false]) window.add(isSuccess);
    expect(window.rate).toBe(0.5);
    window.add(false);
    expect(window.rate).toBe(0.25);
    window.clear();
    expect(window.rate).toBeUndefined();
  });
});

describe.each(KINDS)('%s', (kind) => {
  const classesOf = (image: Float32Array) => (image[12]! > 0.5 ? 1 : 0);

  it('finds no start where the model sees its class in everything, says so, and counts what it asked', async () => {
    const references: References = { images: Float32Array.from({ length: 3 * SIZE }, () => 1), labels: Int32Array.of(0, 1, 2) };
    const cleanPrediction = new Int32Array(6);
    const always = await attack(
      kind,
      { startTries: 7 },
      { labels: cleanPrediction, cleanPrediction, prepared: references, classify: () => 0 },
    );
    expect([...always.withoutStart!]).toEqual(Array(6).fill(1));
    // Seven images of noise, and the three of the data set.
    expect([...always.queries]).toEqual(Array(6).fill(10));
    expect(always.asked).toHaveLength(60);
    expect(always.images.data).toEqual(Float32Array.from(batch.images.data));
    const free = await attack(kind, { queries: 60 });
    expect([...free.withoutStart!]).toEqual(Array(6).fill(0));
  });

  it('asks about the images of the data set before it starts from one towards a target: what they are labelled proves nothing', async () => {
    const images = new Float32Array(5 * SIZE);
    images.fill(0.2, 3 * SIZE, 4 * SIZE);
    // All but the last are labelled as the target; the model sees it in the fourth alone.
    const references: References = { images, labels: Int32Array.of(1, 1, 1, 1, 2) };
    const cleanPrediction = new Int32Array(6);
    const found = await attack(
      kind,
      { queries: 40, targetClass: 1 },
      {
        labels: cleanPrediction,
        cleanPrediction,
        targets: new Int32Array(6).fill(1),
        prepared: references,
        classify: (image) => (image.every((value) => value > 0.05 && value < 0.35) ? 1 : 0),
      },
    );
    expect([...found.withoutStart!]).toEqual(Array(6).fill(0));
    for (let i = 0; i < 6; i++) {
      const end = found.images.data.subarray(SIZE * i, SIZE * (i + 1));
      expect(Math.max(...end)).toBeLessThan(0.35);
    }
  });

  it('starts from an image that is adversarial as success is decided on it, also where only that judging sees it so', async () => {
    const cleanPrediction = new Int32Array(6);
    const given = { labels: cleanPrediction, cleanPrediction };
    // Wrong only as an image of 8 bits: floats between the levels are of the true class.
    const stored = await attack(kind, { queries: 40 }, { ...given, classify: (image) => (isOfLevels(image) && classesOf(image) ? 1 : 0) });
    stored.withoutStart!.forEach((without) => expect(without).toBe(0));
    for (let i = 0; i < 6; i++) expect(isOfLevels(Float32Array.from(stored.images.data.slice(SIZE * i, SIZE * (i + 1))))).toBe(true);
    const float = await attack(kind, { queries: 40 }, { ...given, judging: 'FLOAT', classify: classesOf });
    for (let i = 0; i < 6; i++) expect(classesOf(Float32Array.from(float.images.data.slice(SIZE * i, SIZE * (i + 1))))).toBe(1);
  });
});

it('Boundary ends after its steps, asks about one image a step and two every tenth, and about floats on its way', async () => {
  const cleanPrediction = new Int32Array(6);
  const given = { labels: cleanPrediction, cleanPrediction, classify: (image: Float32Array) => (image[12]! > 0.9 ? 1 : 0) };
  const short = await attack('BOUNDARY', { steps: 20 }, given);
  const long = await attack('BOUNDARY', { steps: 50 }, given);
  // 30 more steps and 3 more looks; the last images may take up to three more questions.
  long.queries.forEach((spent, i) => {
    expect(spent - short.queries[i]!).toBeGreaterThanOrEqual(30);
    expect(spent - short.queries[i]!).toBeLessThanOrEqual(36);
  });
  expect(long.asked.some((image) => !isOfLevels(image))).toBe(true);
  const converged = await attack('BOUNDARY', { steps: 5000, sourceStepConvergence: 0.5, sourceStep: 0.1 }, given);
  expect(Math.max(...converged.queries)).toBeLessThan(130);
});

it('HopSkipJump ends after its iterations, asks about no more images than it may, and its grid of steps needs no longer changes', async () => {
  const norm = 'L2';
  const queries = async (given: ParameterValues) => Math.max(...(await attack('HOP_SKIP_JUMP_L2', { probes: 30, ...given })).queries);
  const one = await queries({ iterations: 1 });
  const five = await queries({ iterations: 5 });
  const capped = await queries({ iterations: 5, maxProbes: 30 });
  expect(five).toBeGreaterThan(one + 4 * 30);
  // √2, √3, 2 and √5 times as many probes, less four times 30.
  expect(five - capped).toBeGreaterThanOrEqual(12 + 21 + 30 + 37 - 30);
  const change = async (given: ParameterValues) => {
    const { images } = await attack('HOP_SKIP_JUMP_L2', { probes: 30, iterations: 5, ...given });
    return distances(norm, batch.images, images).reduce((sum, length) => sum + length, 0);
  };
  expect(await change({ stepSearch: 'GRID' })).toBeLessThan(1.05 * (await change({})));
  // A coarse binary search asks less, and ends further from the boundary.
  expect(await queries({ iterations: 5, gamma: 32 })).toBeLessThan(five - 5 * 4);
});
