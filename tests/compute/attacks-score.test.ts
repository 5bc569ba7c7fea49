/** Attacks that ask for scores: schedules and moves, against the originals' values. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlateauRate } from '../../src/compute/attacks/score/plateau-rate.js';
import { projectOntoL1 } from '../../src/compute/attacks/score/square-bumps.js';
import { squareShare } from '../../src/compute/attacks/score/square.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { randomStream } from '../../src/compute/random.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { attackBatch, type Batch, distances, storedNoise } from './attack-fixtures.js';

let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [6, 6, 1], width: 0.25 });
  const images = storedNoise(6, [6, 6, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

afterAll(() => batch.engine.dispose());

const run = (kind: string, given: ParameterValues) => attackBatch(batch, kind, given);
const most = (values: Int32Array) => Math.max(...values);

describe('Square', () => {
  /** `p_selection` of AutoAttack's code: first iteration of each share, as a divisor of p. */
  const SCHEDULE = [
    [0, 1],
    [10, 1],
    [11, 2],
    [50, 2],
    [51, 4],
    [200, 4],
    [201, 8],
    [501, 16],
    [1001, 32],
    [2001, 64],
    [4001, 128],
    [6001, 256],
    [8000, 256],
    [8001, 512],
    [20_000, 512],
  ] as const;

  it.each(SCHEDULE)('after %d squares they cover a share of p / %d, as in AutoAttack’s standard version', (iteration, divisor) => {
    expect(squareShare(0.8, iteration, 10_000)).toBe(0.8 / divisor);
  });

  it('squares shrink ten times as fast where the schedule is rescaled to a tenth of the queries', () => {
    expect([1, 2, 5, 6, 20, 21, 801].map((iteration) => 0.8 / squareShare(0.8, iteration, 1000))).toEqual([1, 2, 2, 4, 4, 8, 512]);
  });

  it('the projection onto the L1 ball and the pixel range shortens every pixel by one threshold, up to the room it has', () => {
    const stream = randomStream(1, 'projection', 0);
    const size = 200;
    const original = Float32Array.from({ length: size }, () => stream.integer(256) / 255);
    const change = Float32Array.from({ length: size }, () => 0.4 * stream.normal());
    const image = new Float32Array(size);
    projectOntoL1(image, original, change, 5);
    const moved = image.map((value, p) => value - original[p]!);
    const length = moved.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(length).toBeCloseTo(5, 4);
    expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...image)).toBeLessThanOrEqual(1);
    // Where a pixel is neither stopped by the range nor back at the original, it lost the threshold.
    const inside = [...image.keys()].filter((p) => image[p]! > 1e-6 && image[p]! < 1 - 1e-6 && Math.abs(moved[p]!) > 1e-6);
    const thresholds = inside.map((p) => Math.abs(change[p]!) - Math.abs(moved[p]!));
    expect(inside.length).toBeGreaterThan(3);
    expect(Math.max(...thresholds) - Math.min(...thresholds)).toBeLessThan(1e-5);
    expect(thresholds[0]).toBeGreaterThan(0);
  });

  it('the projection onto the L1 ball leaves a change inside it as it is', () => {
    const [original, change] = [Float32Array.of(0.5, 0.5, 0.9), Float32Array.of(0.25, -0.125, 0.5)];
    const image = new Float32Array(3);
    projectOntoL1(image, original, change, 1);
    expect([...image]).toEqual([...Float32Array.of(0.75, 0.375, 1)]);
  });

  it('with restarts asks as many queries again of the examples that are not fooled, and of those alone', async () => {
    const given = { epsilon: 0.05, queries: 20 };
    const [once, thrice] = [await run('SQUARE_LINF', given), await run('SQUARE_LINF', { ...given, restarts: 3 })];
    expect(most(once.queries)).toBe(20);
    // A query after each start decides who is started again.
    expect(most(thrice.queries)).toBe(63);
    once.queries.forEach((spent, i) => spent < 20 && expect(thrice.queries[i]).toBeLessThan(23));
  });

  it.each(['MARGIN', 'CROSS_ENTROPY'])('lowers the loss that it is given, %s, with and without a target', async (loss) => {
    const given = { epsilon: 0.02, queries: 30 };
    const [free, targeted] = [await run('SQUARE_L2', { ...given, loss }), await run('SQUARE_L2', { ...given, loss, target: 'RANDOM' })];
    const [auto, aimed] = [await run('SQUARE_L2', given), await run('SQUARE_L2', { ...given, target: 'RANDOM' })];
    expect(free.images.data).not.toEqual(targeted.images.data);
    if (loss === 'MARGIN') expect(free.images.data).toEqual(auto.images.data);
    else expect(targeted.images.data).toEqual(aimed.images.data);
  });
});

describe('NES', () => {
  it('halves its step where the fifth loss is higher than the first, starts to count again, and stops at the shortest', () => {
    const rate = new PlateauRate(0.01, 5, 2, 0.004);
    expect([5, 4, 3, 2, 4].map((loss) => rate.after(loss))).toEqual([0.01, 0.01, 0.01, 0.01, 0.01]);
    // Of the last five, 4 3 2 4 6, the last is the highest.
    expect(rate.after(6)).toBe(0.005);
    expect([1, 2, 3, 4].map((loss) => rate.after(loss))).toEqual([0.005, 0.005, 0.005, 0.005]);
    expect(rate.after(5)).toBe(0.004);
    expect([1, 2, 3, 4, 5].map((loss) => rate.after(loss)).at(-1)).toBe(0.004);
  });

  it('moves by the full step before a plateau, and by less after it', async () => {
    const given = { epsilon: 1, alpha: 0.2, queries: 400, pairs: 2, target: 'LEAST_LIKELY' };
    const [fixed, falling] = [await run('NES', { ...given, plateauDrop: 1 }), await run('NES', { ...given, plateauDrop: 100 })];
    expect(falling.images.data).not.toEqual(fixed.images.data);
    const early = { ...given, queries: 20 };
    expect((await run('NES', { ...early, plateauDrop: 100 })).images.data).toEqual(
      (await run('NES', { ...early, plateauDrop: 1 })).images.data,
    );
  });
});

it('SPSA ends after its steps, and starts at random where it is told to', async () => {
  const given = { epsilon: 0.01, pairs: 2, steps: 3 };
  const found = await run('SPSA', given);
  // Two pairs and a look at the image, each step.
  expect(most(found.queries)).toBe(15);
  const random = await run('SPSA', { ...given, randomStart: true });
  expect(random.images.data).not.toEqual(found.images.data);
  for (const length of distances('LINF', batch.images, random.images)) expect(length).toBeLessThan(0.01 + 1e-6);
});

describe('SimBA', () => {
  const changed = async (given: ParameterValues) => {
    const { images } = await run('SIMBA', { alpha: 0.01, ...given });
    return Array.from({ length: 6 }, (_, i) =>
      [...Array(36).keys()].filter((p) => images.data[36 * i + p] !== batch.images.data[36 * i + p]),
    );
  };

  it('in the order DIAGONAL tries the pixels of one diagonal after the other from the top left', async () => {
    // Six directions, of at most two queries each: three diagonals, or more where the first try is kept.
    for (const pixels of await changed({ order: 'DIAGONAL', queries: 6 })) {
      for (const p of pixels) expect(Math.floor(p / 6) + (p % 6)).toBeLessThanOrEqual(2);
    }
  });

  it('in the order STRIDED tries a block first, then the rings around it', async () => {
    const ring = (p: number) => Math.max(Math.floor(p / 6), p % 6);
    // Four directions are in the block of two by two.
    for (const pixels of await changed({ order: 'STRIDED', frequencies: 2, stride: 2, queries: 4 })) {
      for (const p of pixels) expect(ring(p)).toBeLessThan(2);
    }
    for (const pixels of await changed({ order: 'STRIDED', frequencies: 2, stride: 2, queries: 16 })) {
      for (const p of pixels) expect(ring(p)).toBeLessThan(4);
    }
    expect((await changed({ order: 'RANDOM', queries: 16 })).flat().some((p) => ring(p) >= 4)).toBe(true);
  });
});

it('one pixel ends after its generations', async () => {
  const { queries } = await run('ONE_PIXEL', { population: 8, generations: 3 });
  expect(most(queries)).toBe(32);
  const other = await run('ONE_PIXEL', { population: 8, generations: 3, differentialWeight: 1.5 });
  expect(other.images.data).not.toEqual((await run('ONE_PIXEL', { population: 8, generations: 3 })).images.data);
});

describe('rotation and translation', () => {
  it('at random asks about as many transformations of each example as it is told', async () => {
    const given = { rotation: 0.01, translation: 0.001, search: 'RANDOM', randomTries: 6 };
    const { queries } = await run('ROTATION_TRANSLATION', given);
    expect(most(queries)).toBe(6);
    const wide = await run('ROTATION_TRANSLATION', { search: 'RANDOM' });
    expect(most(wide.queries)).toBeLessThanOrEqual(10);
    expect(wide.images.data).not.toEqual(batch.images.data);
  });

  it('towards a target searches past other wrong classes', async () => {
    const [free, targeted] = [await run('ROTATION_TRANSLATION', {}), await run('ROTATION_TRANSLATION', { target: 'LEAST_LIKELY' })];
    const sum = (queries: Int32Array) => queries.reduce((total, spent) => total + spent, 0);
    expect(sum(targeted.queries)).toBeGreaterThan(sum(free.queries));
  });
});
