/** Training on further data sets, each with a share of every minibatch. */
import { afterAll, describe, expect, it } from 'vitest';
import { shareExamples } from '../../src/compute/data/examples.js';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { fingerprintOf } from '../../src/compute/models/fingerprint.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/compute/training/checkpoint.js';
import { minibatchParts } from '../../src/compute/training/extra-data.js';
import { Minibatches } from '../../src/compute/training/minibatch.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { PrefetchedMinibatches } from '../../src/compute/training/prefetch.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { createScheme, findScheme } from '../../src/compute/training/schemes/registry.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { TrainingSession, type SessionOptions } from '../../src/compute/training/session.js';
import { testEngine } from '../test-engine.js';
import { failure, refusal } from './fixtures.js';

/** Images of 2 × 1 pixels whose levels are their label. */
const numbered = (labels: readonly number[]) =>
  inMemory({ images: Uint8Array.from(labels.flatMap((label) => [label, label])), labels: Int32Array.from(labels) }, [2, 1, 1], []);
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const share = (labels: readonly number[]) => shareExamples(numbered(labels), 0);

describe('a minibatch with examples of other data sets', async () => {
  const options = {
    examples: await share(range(0, 9)),
    extras: [
      { examples: await share(range(100, 10)), count: 5 },
      { examples: await share(range(200, 4)), count: 2, heldOut: { offset: 1, count: 2 } },
    ],
    batchSize: 10,
    seed: 1,
    augmentation: { shift: 0, mirror: false },
  };
  const batches = await Minibatches.open(options);
  const labels = async (index: number) => Array.from((await batches.at(index)).labels.data);
  const passes = async (from: number, count: number, of: number) =>
    (await Promise.all(range(from, count).map(labels))).flat().filter((label) => Math.floor(label / 100) === of);

  it('has as many of each as was asked for, with their own images', async () => {
    for (const index of range(0, 8)) {
      const { images, labels } = await batches.at(index);
      const of = Array.from(labels.data, (label) => Math.floor(label / 100));
      expect([0, 1, 2].map((part) => of.filter((one) => one === part).length)).toEqual([3, 5, 2]);
      expect(images.shape).toEqual([10, 2, 1, 1]);
      for (const [row, label] of labels.data.entries()) expect(Math.round(255 * images.data[2 * row + 1]!)).toBe(label);
    }
  });

  it('takes every example of each data set once in a pass over that one, apart from those held out', async () => {
    expect((await passes(0, 3, 0)).toSorted((a, b) => a - b)).toEqual(range(0, 9));
    expect((await passes(2, 2, 1)).toSorted((a, b) => a - b)).toEqual(range(100, 10));
    expect(new Set(await passes(0, 8, 2))).toEqual(new Set([200, 203]));
  });

  it('has them at other places each time: schemes treat the first ones in another way', async () => {
    const places = await Promise.all(range(0, 40).map(async (index) => (await labels(index)).map((label) => label >= 100)));
    const own = range(0, 10).map((place) => places.filter((batch) => !batch[place]).length);
    // 3 of 10 in the mean: 12 of 40.
    own.forEach((count) => expect(count > 2 && count < 26).toBe(true));
  });

  it('has the order of the data set itself that a run without the others has', async () => {
    const alone = await Minibatches.open({ ...options, extras: undefined, batchSize: 3 });
    const sorted = (some: readonly number[]) => some.toSorted((a, b) => a - b);
    for (const index of range(0, 6)) {
      const own = (await labels(index)).filter((label) => label < 100);
      expect(sorted(own)).toEqual(sorted(Array.from((await alone.at(index)).labels.data)));
    }
  });

  it('is the same where a thread makes it ahead, from any step on', async () => {
    const ahead = new PrefetchedMinibatches(options);
    for (const index of [3, 4, 9, 17]) expect(await ahead.at(index)).toEqual(await batches.at(index));
    await ahead.dispose();
  });
});

describe('shares of a minibatch', () => {
  it('are rounded to whole images, and leave the rest to the data set that is trained on', () => {
    expect(minibatchParts(32)).toEqual({ own: 32, extra: [] });
    expect(minibatchParts(128, [0.7])).toEqual({ own: 38, extra: [90] });
    expect(minibatchParts(10, [0.5, 0.2])).toEqual({ own: 3, extra: [5, 2] });
  });

  it.each([
    [[0], /fraction is 0; give a share of the minibatch above 0 and below 1/],
    [[0.5, 1], /fraction is 1; give a share/],
    [[NaN], /fraction is NaN/],
    [[0.04], /of a minibatch of 10 that is no image. Give at least 0\.05, or a larger batchSize/],
    [[0.7, 0.3], /take all 10 images of a minibatch/],
    [[0.9, 0.9], /take all 10 images of a minibatch/],
  ])('%o is an error that says what to do', async (fractions, message) => {
    expect(await failure(Promise.resolve().then(() => minibatchParts(10, fractions)))).toMatchObject(refusal('INVALID_TRAINING', message));
  });
});

describe('a run on several data sets', async () => {
  const [train, test] = await Promise.all([
    openDataset({ format: 'mnist', split: 'train' }),
    openDataset({ format: 'mnist', split: 'test' }),
  ]);
  const engine = await testEngine();
  afterAll(() => Promise.all([train.close(), test.close(), engine.dispose()]));
  const first = (dataset: typeof train, exampleCount: number) => ({ ...dataset, info: { ...dataset.info, exampleCount } });
  const RESOURCES = { batchSize: 16, attacks: [], models: [] };
  const options = async (overrides: Partial<SessionOptions> = {}): Promise<SessionOptions> => ({
    engine,
    model: await buildArchitecture('mlp', { seed: 1, width: 0.25 }),
    dataset: first(train, 100),
    extras: [{ dataset: first(test, 200), fraction: 0.7 }],
    scheme: createScheme('trades', validateParameters(findScheme('trades'), { epsilon: 0.1, steps: 2 }), RESOURCES),
    optimizer: adam(),
    learningRate: constantRate(1e-3),
    totalSteps: 12,
    batchSize: 16,
    seed: 1,
    augmentation: { shift: 1, mirror: false },
    ...overrides,
  });
  const trained = async (given: SessionOptions, interrupted = false) => {
    let session = await TrainingSession.start(given);
    while (!session.outcome) {
      await session.advance(session.step + 5);
      if (!interrupted) continue;
      const bytes = encodeCheckpoint(await session.checkpoint());
      await session.dispose();
      session = await TrainingSession.start(given, decodeCheckpoint(bytes));
    }
    const print = fingerprintOf(await session.finish());
    await session.dispose();
    return print;
  };

  it('resumes from checkpoints with the same weights, bit for bit, and other ones without the extra images', async () => {
    const whole = await trained(await options());
    expect(await trained(await options(), true)).toBe(whole);
    expect(await trained(await options({ extras: [] }))).not.toBe(whole);
  });

  it('learns what only the extra images show', async () => {
    // The own data set has one class alone.
    const zeros = { images: new Uint8Array(20 * 784), labels: new Int32Array(20) };
    const dataset = inMemory(zeros, train.info.imageShape, train.info.classNames);
    const accuracy = async (extras: SessionOptions['extras']) => {
      const rest = { dataset, extras, scheme: standard, totalSteps: 150, augmentation: undefined };
      const attack = { kind: 'FGSM', parameters: { epsilon: 0.1, label: 'TRUE' } };
      const validation = { dataset: test, offset: 5000, count: 200, oneStep: attack, iterative: attack };
      const session = await TrainingSession.start(await options({ ...rest, validation }));
      await session.advance(150);
      const point = await session.validate();
      await session.dispose();
      return point!.cleanAccuracy;
    };
    expect(await accuracy([])).toBeLessThan(0.2);
    expect(await accuracy([{ dataset: first(train, 2000), fraction: 0.7 }])).toBeGreaterThan(0.7);
  });

  it('is refused where an extra data set does not fit the network, or is smaller than its part', async () => {
    const refused = async (dataset: typeof train, fraction = 0.5) =>
      failure(TrainingSession.start(await options({ extras: [{ dataset, fraction }] })));
    const other = inMemory({ images: new Uint8Array(8), labels: new Int32Array(2) }, [2, 2, 1], train.info.classNames);
    expect(await refused(other)).toMatchObject(refusal('MODEL_DATASET_MISMATCH', /takes images \[28, 28, 1\]/));
    expect(await refused({ ...test, info: { ...test.info, classNames: ['a', 'b'] } })).toMatchObject(
      refusal('MODEL_DATASET_MISMATCH', /10 classes/),
    );
    expect(await refused(first(test, 7))).toMatchObject(refusal('INVALID_DATASET', /fewer examples .* than the 8 that it gives/));
  });
});
