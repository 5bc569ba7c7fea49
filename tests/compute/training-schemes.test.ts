import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { inMemory } from '../../src/compute/data/in-memory.js';
import { openDataset } from '../../src/compute/data/registry.js';
import { testEngine } from '../test-engine.js';
import { computeOn, toTensor, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { HostTensors } from '../../src/compute/tensors/types.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { layersModel, type LayersDifferentiableModel } from '../../src/compute/models/keras/index.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { gradientsOf } from '../../src/compute/training/gradients.js';
import { batchShape } from '../../src/compute/training/program.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { createScheme, findScheme, schemes } from '../../src/compute/training/schemes/registry.js';
import type { SchemeResources } from '../../src/compute/training/schemes/definition.js';
import { train, type EpochReport } from '../../src/compute/training/train.js';
import { NO_REGULARISATION, type Regularisation, type SchemeStep, type TrainingScheme } from '../../src/compute/training/types.js';
import { failure, MOVING_MEAN, noise, refusal, withBatchNorm, withLayer } from './fixtures.js';
import { everyNth, itWhole } from '../sizes.js';

const mnist = await openDataset({ format: 'mnist', split: 'train' });
const test = await openDataset({ format: 'mnist', split: 'test' });
const engine = await testEngine();
afterAll(() => Promise.all([mnist.close(), test.close(), engine.dispose()]));

const M = 32;
const EPSILON = 0.2;
const other = await buildArchitecture('mlp', { seed: 9 });

/** Small ones of every scheme, ε for MNIST. */
function schemeOf(
  name: string,
  given: Record<string, number | string | boolean> = {},
  resources: Partial<SchemeResources> = {},
): TrainingScheme {
  const definition = findScheme(name);
  const epsilon = 'epsilon' in definition.parameters ? { epsilon: EPSILON } : {};
  const steps = 'steps' in definition.parameters ? { steps: 3 } : {};
  const models = definition.uses?.models ? { models: [other] } : {};
  const parameters = validateParameters(definition, { ...epsilon, ...steps, ...given }, 'INVALID_TRAINING');
  return createScheme(name, parameters, { batchSize: M, ...models, ...resources });
}

interface RunOptions {
  readonly exampleCount?: number;
  readonly epochs?: number;
  readonly model?: LayersDifferentiableModel;
  readonly regularisation?: Regularisation;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

async function run(scheme: TrainingScheme, { exampleCount = 640, epochs = 2, model, regularisation, seed = 1, signal }: RunOptions = {}) {
  const reports: EpochReport[] = [];
  const trained = await train({
    engine,
    model: model ?? (await buildArchitecture('mlp', { seed: 1 })),
    dataset: { ...mnist, info: { ...mnist.info, exampleCount } },
    scheme,
    optimizer: adam(),
    regularisation,
    epochs,
    batchSize: M,
    learningRate: constantRate(1e-3),
    seed,
    onEpoch: (report) => reports.push(report),
    signal,
  });
  return { model: trained, reports };
}

async function accuracies(model: DifferentiableModel) {
  const attack = { kind: 'PGD', parameters: { epsilon: 0.1, steps: 10, alpha: 0.02 } };
  const shard = { engine, model, dataset: test, attack, seed: 1, offset: 0, count: 200, keepImages: false };
  const { labels, cleanPrediction, adversarialPrediction } = await evaluateShard(shard);
  const share = (predictions: Int32Array) => predictions.filter((prediction, i) => prediction === labels[i]).length / labels.length;
  return { clean: share(cleanPrediction), adversarial: share(adversarialPrediction) };
}

describe('every scheme', () => {
  it.each(
    everyNth(
      3,
      schemes.map(({ name }) => name),
    ),
  )('%s lowers its loss', async (name) => {
    const { reports } = await run(schemeOf(name), { exampleCount: 320 });
    expect(reports[1]!.loss).toBeLessThan(reports[0]!.loss);
  });

  it('refuses parameters out of range by name', () => {
    expect(() => validateParameters(findScheme('trades'), { beta: -1 }, 'INVALID_TRAINING')).toThrow(/"beta" is -1. Give a number from 0/);
    expect(() => schemeOf('algorithm1', { k: 33 })).toThrow(/k is 33, and a minibatch has 32 images/);
    expect(() => schemeOf('ensemble', {}, { models: [] })).toThrow(/at least one other model/);
  });
});

/** A network on images of 2 × 2 pixels, small enough for finite differences. */
const tiny = await buildArchitecture('mlp', { seed: 3, inputShape: [2, 2, 1], classCount: 3 });

/** The scheme's loss at these weights, and its gradient, with everything random and everything prepared held fixed. */
function lossAndGradient(scheme: TrainingScheme, regularisation: Regularisation, model: DifferentiableModel = tiny) {
  const m = 6;
  const shape = batchShape(model, m);
  const inputs: HostTensors = { ...scheme.draw?.(shape, 1, 0) };
  const images = noise(m, model.spec.inputShape, 5);
  const at = (values: HostTensors) =>
    computeOn('cpu', () => {
      const fixed = toTensors(model.variables);
      const state = Object.fromEntries(Object.entries(scheme.state?.(shape) ?? {}).map(([name, of]) => [name, tf.zeros([...of])]));
      const step: SchemeStep = {
        images: toTensor(images) as tf.Tensor4D,
        labels: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
        inputs: toTensors(inputs),
        state,
        classCount: 3,
        output: 'LOGITS',
        scores: (x) => model.apply(fixed, x),
      };
      const prepared = scheme.prepare?.(step) ?? {};
      const problem = { model, scheme, regularisation, variables: toTensors(values), masks: {}, step, prepared };
      const { loss, weights, updates } = gradientsOf(problem);
      return {
        loss: loss.dataSync()[0]!,
        gradient: Object.fromEntries(Object.entries(weights).map(([name, g]) => [name, g.dataSync().slice()])),
        updates: Object.fromEntries(Object.entries(updates).map(([name, value]) => [name, Array.from(value.dataSync())])),
      };
    });
  return at;
}

describe('gradients of the loss', () => {
  it.each(everyNth(3, ['standard', 'algorithm1', 'pgd', 'trades', 'mart', 'fgsmObjective', 'gaussianNoise', 'free', 'strongAdversary']))(
    'of %s equal finite differences',
    (name) => {
      const scheme = schemeOf(name, name === 'algorithm1' ? { k: 3 } : {}, { batchSize: 6 });
      const at = lossAndGradient(scheme, { ...NO_REGULARISATION, labelSmoothing: 0.1 });
      const { gradient } = at(tiny.variables);
      const name0 = 'logits/kernel';
      const largest = Math.max(...gradient[name0]!.map(Math.abs));
      for (const index of [0, 101, 333, 700]) {
        const moved = (by: number) => {
          const data = Float32Array.from(tiny.variables[name0]!.data);
          data[index]! += by;
          return at({ ...tiny.variables, [name0]: { ...tiny.variables[name0]!, data } }).loss;
        };
        const difference = (moved(0.02) - moved(-0.02)) / 0.04;
        expect(Math.abs(difference - gradient[name0]![index]!), `weight ${index}`).toBeLessThan(0.02 * largest + 1e-4);
      }
    },
  );

  it('are shortened to the limit together, and decay kernels alone', () => {
    const scheme = schemeOf('standard');
    const plain = lossAndGradient(scheme, NO_REGULARISATION)(tiny.variables).gradient;
    const clipped = lossAndGradient(scheme, { ...NO_REGULARISATION, gradientClip: 0.01 })(tiny.variables).gradient;
    const length = (gradient: Record<string, ArrayLike<number>>) =>
      Math.sqrt(Object.values(gradient).reduce((sum, values) => sum + Array.from(values).reduce((s, v) => s + v * v, 0), 0));
    expect(length(plain)).toBeGreaterThan(0.01);
    expect(length(clipped)).toBeCloseTo(0.01, 5);
    const decayed = lossAndGradient(scheme, { ...NO_REGULARISATION, weightDecay: 0.5 })(tiny.variables).gradient;
    const kernel = tiny.variables['hidden1/kernel']!.data;
    decayed['hidden1/kernel']!.forEach((value, i) => expect(value).toBeCloseTo(plain['hidden1/kernel']![i]! + 0.5 * kernel[i]!, 4));
    expect(Array.from(decayed['logits/bias']!)).toEqual(Array.from(plain['logits/bias']!));
  });
});

describe('Algorithm 1', () => {
  it('with k = 0 equals plain training, bit for bit', async () => {
    const [plain, none] = [await run(schemeOf('standard')), await run(schemeOf('algorithm1', { k: 0 }))];
    expect(none.model.fingerprint).toBe(plain.model.fingerprint);
  });

  it('draws several attacks by their weights, each image with its own', async () => {
    const attack = (kind: string, weight: number, parameters = {}) => ({ kind, weight, parameters: { epsilon: 0.3, ...parameters } });
    const attacks = [
      attack('STEP_LL', 3),
      attack('STEP_RND', 1),
      attack('RAND_FGSM', 1, { randomShare: 0.5 }),
      attack('ITER_BASIC', 1, { alpha: 0.1, steps: 3 }),
    ];
    const scheme = schemeOf('algorithm1', { k: 16, epsilonDistribution: 'FIXED' }, { attacks });
    const shape = { m: M, imageShape: [28, 28, 1], classCount: 10 } as const;
    const totals = new Float64Array(3);
    let iterative = 0;
    for (let step = 0; step < 100; step++) {
      const { sources, stepSizes } = scheme.draw!(shape, 1, step);
      sources!.data.forEach((value, i) => (totals[Math.floor(i / 16)]! += value));
      for (let i = 0; i < 16; i++) if (stepSizes!.data[2 * 16 + i] !== 0) iterative++;
    }
    // Least likely, random, true: 3 : 1 : 2 of 1600.
    [800, 1600 / 6, 1600 / 3].forEach((expected, i) => expect(Math.abs(totals[i]! - expected)).toBeLessThan(80));
    expect(Math.abs(iterative - 1600 / 6)).toBeLessThan(70);
    expect((await run(scheme)).reports[1]!.accuracy).toBeGreaterThan(0.3);
  });

  itWhole('runs attacks that a step cannot contain with the suite, on the current network', async () => {
    const attacks = [{ kind: 'PGD_L2', weight: 1, parameters: { epsilon: 2, steps: 2, restarts: 1, target: 'NONE' } }];
    const { model, reports } = await run(schemeOf('algorithm1', {}, { attacks }), { exampleCount: 320 });
    expect(reports[1]!.loss).toBeLessThan(reports[0]!.loss);
    expect(model.fingerprint).not.toBe((await run(schemeOf('standard'), { exampleCount: 320 })).model.fingerprint);
  });

  it.each(['PGD', 'ITER_BASIC', 'ITER_LL'])('leaves %s of more than 100 steps to the suite, where it can be cancelled', async (kind) => {
    const madeBySuite = (steps: number) => {
      const parameters = { epsilon: 0.3, alpha: 0.01, steps, ...(kind === 'PGD' ? { restarts: 1, target: 'NONE' } : {}) };
      return schemeOf('algorithm1', {}, { attacks: [{ kind, weight: 1, parameters }] });
    };
    expect(madeBySuite(100).fetch).toBeUndefined();
    expect(madeBySuite(101).fetch).toBeDefined();
    const signal = AbortSignal.timeout(500);
    expect(await failure(run(madeBySuite(10_000), { exampleCount: 320, signal }))).toMatchObject(refusal('CANCELLED', /cancelled/));
  });

  it('leaves an attack with another loss, or whose best iterate counts, to the suite, and starts PGD where it is to start', () => {
    const made = (kind: string, given: ParameterValues) => {
      const parameters = { epsilon: 0.3, alpha: 0.01, steps: 2, ...(kind === 'PGD' ? { restarts: 1 } : {}), ...given };
      return schemeOf('algorithm1', {}, { attacks: [{ kind, weight: 1, parameters }] });
    };
    for (const kind of ['PGD', 'ITER_BASIC', 'ITER_LL']) {
      expect(made(kind, { loss: 'CROSS_ENTROPY', bestIterate: false }).fetch).toBeUndefined();
      expect(made(kind, { loss: 'MARGIN' }).fetch).toBeDefined();
      expect(made(kind, { bestIterate: true }).fetch).toBeDefined();
    }
    const losses = [{}, { randomStart: false }].map((given) => {
      const parameters = { epsilon: 0.3, steps: 2, alpha: 1e-6, restarts: 1, ...given };
      const scheme = schemeOf('algorithm1', { k: 3 }, { batchSize: 6, attacks: [{ kind: 'PGD', weight: 1, parameters }] });
      return lossAndGradient(scheme, NO_REGULARISATION, tiny)(tiny.variables).loss;
    });
    // The shortest steps leave the images as the start has them.
    expect(losses[1]).not.toBe(losses[0]);
  });

  it('normalises clean and adversarial images by their own statistics where asked to', async () => {
    const normalising = await withBatchNorm(tiny);
    const step = (given: object, model = normalising) => {
      const scheme = schemeOf('algorithm1', { k: 3, epsilonMax: 0.3, ...given }, { batchSize: 6 });
      return lossAndGradient(scheme, NO_REGULARISATION, model)(model.variables);
    };
    expect(step({ statisticsApart: true }, tiny).loss).toBeCloseTo(step({}, tiny).loss, 4);
    const [mixed, clean, adversarial] = [
      step({}),
      step({ statisticsApart: true }),
      step({ statisticsApart: true, movingStatistics: 'ADVERSARIAL' }),
    ];
    expect(Math.abs(clean.loss - mixed.loss)).toBeGreaterThan(0.01);
    expect(adversarial.loss).toBe(clean.loss);
    expect(adversarial.gradient).toEqual(clean.gradient);

    // A pass over only the three images that stay clean.
    const alone = computeOn('cpu', () => {
      const images = tf.slice(toTensor(noise(6, [2, 2, 1], 5)), [3], [3]) as tf.Tensor4D;
      const { updates } = normalising.applyTraining(toTensors(normalising.variables), images);
      return Object.fromEntries(Object.entries(updates).map(([name, value]) => [name, Array.from(value.dataSync())]));
    });
    expect(Object.keys(alone)).toEqual([MOVING_MEAN, 'bn/moving_variance']);
    expect(clean.updates).toEqual(alone);
    // Half of the images are adversarial: the mean of all is halfway between those of the two kinds.
    const distance = Math.max(...clean.updates[MOVING_MEAN]!.map((value, i) => Math.abs(value - adversarial.updates[MOVING_MEAN]![i]!)));
    expect(distance).toBeGreaterThan(1e-3);
    mixed.updates[MOVING_MEAN]!.forEach((value, i) =>
      expect(value).toBeCloseTo((clean.updates[MOVING_MEAN]![i]! + adversarial.updates[MOVING_MEAN]![i]!) / 2, 5),
    );
  });

  itWhole('learns with statistics apart, and where no image is clean', async () => {
    const model = await withBatchNorm(await buildArchitecture('mlp', { seed: 1 }));
    const variants: Record<string, string | number>[] = [{}, { movingStatistics: 'ADVERSARIAL' }, { k: M }];
    for (const given of variants) {
      const { model: trained, reports } = await run(schemeOf('algorithm1', { statisticsApart: true, ...given }), {
        model,
        exampleCount: 320,
      });
      expect(reports[1]!.loss).toBeLessThan(reports[0]!.loss);
      const values = Object.values(trained.variables).flatMap(({ data }) => Array.from(data));
      expect(values.every(Number.isFinite)).toBe(true);
      expect(trained.variables[MOVING_MEAN]!.data).not.toEqual(model.variables[MOVING_MEAN]!.data);
    }
  });
});

describe('robust training', () => {
  itWhole('by PGD resists PGD far better than plain training, and RS-FGSM does too', async () => {
    const options = { exampleCount: 1600, epochs: 4 };
    const plain = await accuracies((await run(schemeOf('standard'), options)).model);
    const pgd = await accuracies((await run(schemeOf('pgd', { epsilon: 0.1 }), options)).model);
    const fast = await accuracies((await run(schemeOf('fast', { epsilon: 0.1 }), options)).model);
    expect(pgd.adversarial).toBeGreaterThan(plain.adversarial + 0.2);
    expect(fast.adversarial).toBeGreaterThan(plain.adversarial + 0.2);
    expect(pgd.clean).toBeGreaterThan(0.7);
  });

  it('by VAT learns from images without labels', async () => {
    const unlabelled = inMemory(await mnist.read(1000, 640), mnist.info.imageShape, mnist.info.classNames);
    const { reports } = await run(schemeOf('vat', {}, { unlabelled }), { exampleCount: 320 });
    expect(reports[1]!.loss).toBeLessThan(reports[0]!.loss);
  });
});

describe('VAT', () => {
  itWhole('with α = 0 is plain training, moving statistics included, whatever the images without labels look like', async () => {
    const model = await withBatchNorm(await buildArchitecture('mlp', { seed: 1 }));
    const { labels, images } = await mnist.read(1000, 320);
    const inverted = { labels, images: images.map((pixel) => 255 - pixel) };
    const unlabelled = inMemory(inverted, mnist.info.imageShape, mnist.info.classNames);
    const options = { model, exampleCount: 160, epochs: 1 };
    const [{ model: smooth }, { model: plain }] = [
      await run(schemeOf('vat', { alpha: 0 }, { unlabelled }), options),
      await run(schemeOf('standard'), options),
    ];
    for (const [name, { data }] of Object.entries(plain.variables)) {
      data.forEach((value, i) => expect(smooth.variables[name]!.data[i]).toBeCloseTo(value, 5));
    }
    expect(plain.variables[MOVING_MEAN]!.data).not.toEqual(model.variables[MOVING_MEAN]!.data);
  });
});

describe('dropout', () => {
  it('is drawn from the seed in training and absent at inference', async () => {
    const plain = await buildArchitecture('mlp', { seed: 1 });
    const topology = withLayer(plain.topology, { class_name: 'Dropout', config: { name: 'dropout', rate: 0.5 } });
    const model = await layersModel(topology, plain.variables, plain.spec);
    expect(model.dropout).toEqual({ dropout: { shape: [256], rate: 0.5 } });
    const images = noise(4, [28, 28, 1]);
    expect((await predict(engine, model, images)).data).toEqual((await predict(engine, plain, images)).data);
    const trained = async (seed: number) => (await run(schemeOf('standard'), { model, seed, exampleCount: 96 })).model.fingerprint;
    expect(await trained(1)).toBe(await trained(1));
    const masked = lossAndMask(model);
    expect(masked(0)).not.toBeCloseTo(masked(1), 3);
  });
});

/** The mean output with a mask of a constant. */
function lossAndMask(model: DifferentiableModel): (value: number) => number {
  return (value) =>
    computeOn('cpu', () => {
      const x = toTensor(noise(2, [28, 28, 1])) as tf.Tensor4D;
      return tf.mean(model.applyTraining(toTensors(model.variables), x, { dropout: tf.fill([3, 256], value) }).logits).dataSync()[0]!;
    });
}

describe('distillation', () => {
  it('refuses two teachers', async () => {
    expect(await failure((async () => schemeOf('defensiveDistillation', {}, { models: [other, other] }))())).toMatchObject(
      refusal('INVALID_TRAINING', /one teacher/),
    );
  });
});
