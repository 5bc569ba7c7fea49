import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { toTensors } from '../../src/compute/engine/tensorflow.js';
import { withStatistics } from '../../src/compute/training/statistics.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { testEngine } from '../test-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/compute/training/checkpoint.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { fingerprintOf } from '../../src/compute/models/fingerprint.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { constantRate, cosineDecay, findSchedule, schedules, withWarmUp } from '../../src/compute/training/schedules.js';
import { findScheme } from '../../src/compute/training/schemes/registry.js';
import { standard } from '../../src/compute/training/schemes/standard.js';
import { TrainingSession, type Checkpoint, type SessionOptions } from '../../src/compute/training/session.js';
import { NO_REGULARISATION } from '../../src/compute/training/types.js';
import { verdict, type Best } from '../../src/compute/training/validation.js';
import { failure, noise, refusal, withBatchNorm } from './fixtures.js';
import { everyNth } from '../sizes.js';

const mnist = await openDataset({ format: 'mnist', split: 'train' });
const test = await openDataset({ format: 'mnist', split: 'test' });
const engine = await testEngine();
afterAll(() => Promise.all([mnist.close(), test.close(), engine.dispose()]));

const EPSILON = 0.1;
const attack = (kind: string, parameters: object) => ({ kind, parameters: { epsilon: EPSILON, ...parameters } });
const suite = [{ kind: 'PGD_L2', weight: 1, parameters: { epsilon: 1, steps: 2, restarts: 1, target: 'NONE' } }];
const validation = {
  dataset: test,
  offset: 100,
  count: 50,
  oneStep: attack('FGSM', { label: 'TRUE' }),
  iterative: attack('PGD', { steps: 5, restarts: 1, target: 'NONE' }),
};

async function options(overrides: Partial<SessionOptions> = {}): Promise<SessionOptions> {
  return {
    engine,
    model: await buildArchitecture('mlp', { seed: 1 }),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount: 320 } },
    scheme: standard,
    optimizer: adam(),
    learningRate: cosineDecay(1e-3),
    totalSteps: 24,
    batchSize: 32,
    seed: 1,
    validation,
    ...overrides,
  };
}

/** Trains in segments of 8 steps, each resumed from the bytes of the last checkpoint where `interrupted`. */
async function run(session: SessionOptions, interrupted: boolean) {
  const points: object[] = [];
  let current = await TrainingSession.start(session);
  while (!current.outcome) {
    const { loss, accuracy } = await current.advance(current.step + 8);
    points.push({ loss, accuracy, ...(await current.validate()) });
    if (!interrupted) continue;
    const bytes = encodeCheckpoint(await current.checkpoint());
    await current.dispose();
    current = await TrainingSession.start(session, decodeCheckpoint(bytes));
  }
  const variables = await current.finish();
  await current.dispose();
  return { points, outcome: current.outcome, fingerprint: fingerprintOf(variables) };
}

describe('a run that resumes from checkpoints', () => {
  it.each(
    everyNth(4, [
      ['algorithm1', {}, {}],
      ['algorithm1', { statisticsApart: true, delaySteps: 12 }, {}],
      ['free', { epsilon: EPSILON, replays: 3 }, {}],
      ['algorithm1', { delaySteps: 8 }, { attacks: suite }],
    ] as const),
  )('by %s %o equals one without interruption, bit for bit', async (name, given, resources) => {
    const definition = findScheme(name);
    const scheme = definition.create(validateParameters(definition, given), { batchSize: 32, ...resources });
    const session = await options({
      model: await withBatchNorm(await buildArchitecture('mlp', { seed: 1 })),
      scheme,
      regularisation: { ...NO_REGULARISATION, averageDecay: 0.9, labelSmoothing: 0.1, weightDecay: 1e-4, gradientClip: 1 },
      augmentation: { shift: 2, mirror: true },
      stopping: { patience: 10, detectOverfitting: false },
    });
    const [whole, parts] = [await run(session, false), await run(session, true)];
    expect(whole.points).toHaveLength(3);
    expect(parts).toEqual(whole);
  });

  it('refuses bytes that are no checkpoint', async () => {
    const checkpoint: Checkpoint = { step: 3, sinceBest: 0, state: { a: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } } };
    const bytes = encodeCheckpoint(checkpoint);
    expect(decodeCheckpoint(bytes)).toMatchObject(checkpoint);
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 4))).toThrow(/values are missing/);
    expect(() => decodeCheckpoint(Buffer.from('nonsense'))).toThrow(/damaged/);
  });
});

describe('averages of weights', () => {
  it('are the plain mean over the steps from a share of all on', async () => {
    const model = await withBatchNorm(await buildArchitecture('mlp', { seed: 1 }));
    const session = await TrainingSession.start(
      await options({
        model,
        regularisation: { ...NO_REGULARISATION, averageFrom: 0.5 },
        totalSteps: 6,
      }),
    );
    const states: Checkpoint['state'][] = [];
    for (let step = 1; step <= 6; step++) {
      await session.advance(step);
      states.push((await session.checkpoint()).state);
    }
    const finished = await session.finish();
    await session.dispose();
    let furthest = 0;
    for (const name of model.trainable) {
      const { data } = finished[name]!;
      const last = states.slice(3).map((state) => state[`weight:${name}`]!.data);
      data.forEach((value, p) => {
        const mean = (last[0]![p]! + last[1]![p]! + last[2]![p]!) / 3;
        expect(Math.abs(value - mean)).toBeLessThan(1e-6 * Math.max(1, Math.abs(mean)));
        furthest = Math.max(furthest, Math.abs(mean - last[2]![p]!));
      });
    }
    // Those of batch norm are other ones: of the mean weights, and not of the steps.
    const statistics = Object.keys(finished).filter((name) => !model.trainable.includes(name));
    expect(statistics.length).toBeGreaterThan(0);
    for (const name of statistics) expect(finished[name]!.data).not.toEqual(states[5]![`average:${name}`]!.data);
    // The mean is another than the weights of the last step.
    expect(furthest).toBeGreaterThan(1e-4);
  });

  it('have statistics of batch norm that are those of the minibatches, whatever they were before', async () => {
    const model = await withBatchNorm(await buildArchitecture('mlp', { seed: 1 }));
    await tf.setBackend(BACKEND_UNDER_TEST);
    const images = noise(64, model.spec.inputShape);
    const strange = Object.fromEntries(
      Object.entries(model.variables).map(([name, value]) => {
        if (model.trainable.includes(name)) return [name, value];
        return [name, { ...value, data: Float32Array.from(value.data, (_, p) => 3 + p) }];
      }),
    );
    const batch = () => Promise.resolve({ images, masks: {} });
    const renewed = await withStatistics(engine, model, strange, 3, batch);
    for (const name of model.trainable) expect(renewed[name]).toEqual(strange[name]);
    // In training it normalises by the batch itself, in inference by the statistics: for this batch, they are the same.
    const [x, weights] = [toTensors({ images })['images'] as tf.Tensor4D, toTensors(renewed)];
    const [inference, training] = [model.apply(weights, x), model.applyTraining(weights, x).logits].map((logits) => logits.dataSync());
    inference!.forEach((value, p) => expect(Math.abs(value - training![p]!)).toBeLessThan(1e-2));
    const before = model.apply(toTensors(strange), x).dataSync();
    expect(Math.max(...before.map((value, p) => Math.abs(value - training![p]!)))).toBeGreaterThan(0.1);
  });
});

describe('validation', () => {
  it('uses examples that are not trained on, if they are of the same data set', async () => {
    const same = { ...validation, dataset: mnist, offset: 64, count: 256 };
    const trained = async (overrides: Partial<SessionOptions>) => {
      const session = await TrainingSession.start(await options({ totalSteps: 2, ...overrides }));
      await session.advance(2);
      const fingerprint = fingerprintOf(await session.finish());
      await session.dispose();
      return fingerprint;
    };
    // What is left are the first 64 examples: two minibatches of 32.
    const first = { ...mnist, info: { ...mnist.info, exampleCount: 64 } };
    expect(await trained({ validation: same })).toBe(await trained({ dataset: first }));
    expect(await trained({ validation: { ...same, dataset: test } })).not.toBe(await trained({ dataset: first }));
    expect(await failure(TrainingSession.start(await options({ validation: { ...same, count: 300 } })))).toMatchObject(
      refusal('INVALID_DATASET', /less the 300 examples .* smaller than one minibatch of 32/),
    );
  });
});

describe('the delay of Algorithm 1', () => {
  it.each(
    everyNth(4, [
      ['in the step', {}],
      ['by the suite', { attacks: suite }],
    ] as const),
  )('is plain training, bit for bit, batch norm and all, before images made %s', async (_, resources) => {
    const definition = findScheme('algorithm1');
    const given = validateParameters(definition, { delaySteps: 12, statisticsApart: true });
    const delayed = definition.create(given, { batchSize: 32, ...resources });
    const model = await withBatchNorm(await buildArchitecture('mlp', { seed: 1 }));
    const trained = async (scheme: SessionOptions['scheme'], steps: number) => {
      const session = await TrainingSession.start(await options({ model, scheme }));
      await session.advance(steps);
      const fingerprint = fingerprintOf(await session.finish());
      await session.dispose();
      return fingerprint;
    };
    expect(await trained(delayed, 12)).toBe(await trained(standard, 12));
    expect(await trained(delayed, 13)).not.toBe(await trained(standard, 13));
  });
});

describe('the end of a run', () => {
  const best: Best = { step: 10, cleanAccuracy: 1, oneStepAccuracy: 0.8, iterativeAccuracy: 0.6, variables: {} };
  const point = (oneStepAccuracy: number, iterativeAccuracy: number) => ({ cleanAccuracy: 1, oneStepAccuracy, iterativeAccuracy });

  it('is catastrophic overfitting where PGD accuracy falls and one-step accuracy does not', () => {
    const rules = { patience: 0, detectOverfitting: true };
    expect(verdict(rules, point(0.9, 0.1), best, 1)).toBe('CATASTROPHIC_OVERFITTING');
    // Below its own best by as much, though not below that of PGD.
    expect(verdict(rules, point(0.5, 0.1), best, 1)).toBeUndefined();
    expect(verdict(rules, point(0.7, 0.45), best, 1)).toBeUndefined();
    expect(verdict({ ...rules, detectOverfitting: false }, point(0.9, 0.1), best, 1)).toBeUndefined();
  });

  it('comes early after the allowed number of validations without an improvement', () => {
    const rules = { patience: 2, detectOverfitting: false };
    expect(verdict(rules, point(0.5, 0.5), best, 1)).toBeUndefined();
    expect(verdict(rules, point(0.5, 0.5), best, 2)).toBe('EARLY_STOPPED');
  });

  it.each(
    everyNth(4, [
      ['the best weights where a stopping rule was asked for', { patience: 5, detectOverfitting: false }, 'best'],
      ['the last weights under rules that never stop', { patience: 0, detectOverfitting: false }, 'last'],
      ['the last weights without rules', undefined, 'last'],
    ] as const),
  )('leaves %s', async (_, stopping, expected) => {
    // What the first half learns, the second destroys.
    const learningRate = (step: number) => (step < 20 ? 1e-3 : 1);
    const weak = { ...validation, iterative: attack('PGD', { epsilon: 0.01, steps: 2, restarts: 1, target: 'NONE' }) };
    const session = await TrainingSession.start(await options({ totalSteps: 40, stopping, learningRate, validation: weak }));
    await session.advance(20);
    const before = (await session.validate())!;
    const best = fingerprintOf(await session.finish());
    await session.advance(40);
    const after = (await session.validate())!;
    expect(after.iterativeAccuracy).toBeLessThan(before.iterativeAccuracy);
    expect(session.outcome).toBe('COMPLETED');
    const left = fingerprintOf(await session.finish());
    await session.dispose();
    if (expected === 'best') expect(left).toBe(best);
    else expect(left).not.toBe(best);
  });

  it('is an error at the start if nothing can be trained', async () => {
    const model = await buildArchitecture('mlp', { seed: 1 });
    expect(await failure(TrainingSession.start(await options({ model: { ...model, trainable: [] } })))).toMatchObject(
      refusal('INVALID_MODEL', /frozen/),
    );
    const cifar = { ...mnist, info: { ...mnist.info, classNames: ['a', 'b'] } };
    expect(await failure(TrainingSession.start(await options({ dataset: cifar })))).toMatchObject(
      refusal('MODEL_DATASET_MISMATCH', /10 classes and the data set has 2/),
    );
  });
});

describe('schedules', () => {
  const rateOf = (name: string, given: Record<string, number>, step: number) => {
    const definition = findSchedule(name);
    return definition.create(validateParameters(definition, given))(step, 100);
  };

  it('start at their learning rate, or rise to it', () => {
    for (const { name } of schedules) expect(rateOf(name, { learningRate: 0.5 }, name === 'cyclic' ? 40 : 0)).toBeCloseTo(0.5, 9);
  });

  it('fall as their papers say', () => {
    expect(rateOf('cosine', { learningRate: 1 }, 50)).toBeCloseTo(0.5, 9);
    expect(rateOf('staircase', { learningRate: 0.045, factor: 0.94, interval: 20 }, 59)).toBeCloseTo(0.045 * 0.94 ** 2, 9);
    expect([49, 50, 75].map((step) => rateOf('piecewise', { learningRate: 1 }, step))).toEqual([1, 0.1, expect.closeTo(0.01, 9)]);
    expect(rateOf('cyclic', { learningRate: 1 }, 70)).toBeCloseTo(0.5, 9);
    expect([0, 1, 2, 3].map((step) => withWarmUp(constantRate(1), 3)(step, 100))).toEqual([0.25, 0.5, 0.75, 1]);
  });
});
