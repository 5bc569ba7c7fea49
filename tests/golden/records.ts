/**
 * What the numerical part computes for fixed seeds, written down: attacks, training, imported models, measurements. A change that is to leave all numbers as they
 * are is checked against the records of before; see `scripts/golden.ts`. Of the engine's settings, micro-batch and threads are fixed, for they may move last bits.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '../tfjs-layers.js';
import {
  architectures,
  attacks,
  buildArchitecture,
  certifyShard,
  createEngine,
  createScheme,
  evaluateShard,
  loadModel,
  mcnemar,
  openDataset,
  optimizers,
  predict,
  randomStream,
  saveLayersModel,
  schedules,
  schemes,
  toLevels,
  TrainingSession,
  findAttack,
  validateParameters,
  wilson,
  withWarmUp,
  type AnyModel,
  type AttackDefinition,
  type Dataset,
  type DifferentiableModel,
  type Engine,
  type HostTensor,
  type ParameterValues,
  type SessionOptions,
} from '../../src/compute/index.js';
import { predictTransformed } from '../../src/compute/evaluation/transform.js';
import { cohenKappa } from '../../src/compute/statistics/agreement.js';
import { pearson, spearman } from '../../src/compute/statistics/correlation.js';
import { holmAdjusted } from '../../src/compute/statistics/holm.js';
import { pairedDifference, pairedRatio } from '../../src/compute/statistics/paired.js';
import { studentInterval } from '../../src/compute/statistics/student-interval.js';
import { graphModel, numbers, text, texts, writeFiles, type GraphModelSpec, type Weight } from '../compute/graph-files.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { floats, ints, writeOnnx, type GraphSpec } from '../compute/onnx-files.js';
import { emotion } from '../compute/third-party-files.js';

/** Of one attack, example by example. */
export interface AttackRecord {
  /** SHA-256 of the adversarial images as stored. */
  readonly images: string;
  readonly predictions: readonly number[];
  readonly l2: readonly number[];
  readonly linf: readonly number[];
  readonly queries: readonly number[];
  readonly gradients: readonly number[];
  /** SHA-256 of everything else that the shard gives: confidences, targets, similarities, violations, diagnostics. */
  readonly rest: string;
}
export interface TrainingRecord {
  /** At every step. */
  readonly losses: readonly number[];
  /** SHA-256 of weights and moving statistics after the last. */
  readonly variables: string;
}
export interface ImporterRecord {
  readonly fingerprint: string;
  /** The first of the scores. */
  readonly outputs: readonly number[];
  /** SHA-256 of all scores. */
  readonly bits: string;
}
export type MeasurementRecord = Readonly<Record<string, readonly (number | null)[]>>;

export interface GoldenRecords {
  readonly attacks: Readonly<Record<string, AttackRecord>>;
  readonly training: Readonly<Record<string, TrainingRecord>>;
  readonly importers: Readonly<Record<string, ImporterRecord>>;
  readonly measurements: Readonly<Record<string, MeasurementRecord>>;
}

export interface RecordOptions {
  /** Another one may change last bits, and nothing else. Default: half of the examples. */
  readonly microBatch?: number;
  /** Whether to make the record of this name. Default: all are made. */
  readonly isWanted?: (name: string) => boolean;
  /** Told the name and seconds of each record. */
  readonly log?: (name: string, seconds: number) => void;
}

/** Examples of each attack. */
export const COUNT = 16;
const SEED = 7;
const STEPS = 20;

export async function goldenRecords(options: RecordOptions = {}): Promise<GoldenRecords> {
  return {
    attacks: await attackRecords(options),
    training: await trainingRecords(options),
    importers: await importerRecords(options),
    measurements: await measurementRecords(options),
  };
}

async function withEngine<T>({ microBatch = COUNT / 2 }: RecordOptions, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await createEngine({ engine: ENGINE_UNDER_TEST, threads: 1, microBatch });
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

/** Records by name, one after the other. */
class Recorder<T> {
  readonly records: Record<string, T> = {};

  constructor(private readonly options: RecordOptions) {}

  async add(name: string, make: () => Promise<T>): Promise<void> {
    if (this.options.isWanted && !this.options.isWanted(name)) return;
    if (name in this.records) throw new Error(`There are two records "${name}".`);
    const start = performance.now();
    try {
      this.records[name] = await make();
    } catch (cause) {
      throw new Error(`No record of ${name}: ${(cause as Error).message}`, { cause });
    }
    this.options.log?.(name, (performance.now() - start) / 1000);
  }
}

function sha256(...values: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of values) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex').slice(0, 32);
}

/** Images of seeded noise. */
function noise(n: number, shape: readonly number[], seed = SEED): HostTensor {
  const stream = randomStream(seed, 'golden.noise', 0);
  const size = n * shape.reduce((a, b) => a * b, 1);
  return { dtype: 'float32', shape: [n, ...shape], data: Float32Array.from({ length: size }, () => stream.uniform()) };
}

// Attacks.

/** At these budgets the attacks succeed on some examples and fail on others. */
const EPSILON = { LINF: 0.15, L2: 2, L1: 15, L0: 20 };
/** Of AutoAttack, beside those of {@link SHORT}: a version refuses what it does not take, and one of one's own has a list. */
const OF_VERSIONS: Readonly<Record<string, ParameterValues>> = {
  RAND: { queries: undefined, targets: undefined },
  CUSTOM: { stages: ['APGD_CE', 'SQUARE'], targets: undefined },
};

/** Fewer and longer steps, fewer repetitions than the defaults. */
const SHORT: ParameterValues = {
  attacks: [
    { kind: 'FGSM', parameters: { epsilon: EPSILON.LINF } },
    { kind: 'PGD', parameters: { epsilon: EPSILON.LINF, steps: 4 } },
  ],
  steps: 6,
  restarts: 2,
  targets: 2,
  copies: 2,
  neighbours: 2,
  candidates: 3,
  searchSteps: 2,
  initialConstant: 15,
  queries: 60,
  coordinates: 10,
  population: 10,
  probes: 10,
  pairs: 4,
  rotations: 3,
  translations: 3,
  trainingCount: 16,
  epochs: 1,
  rounds: 2,
  samples: 2,
};

/** The same, where the default is more. */
const FEWER: Readonly<Record<string, number>> = { viewCount: 2, flatNeighbours: 2, mixed: 2 };

/** The short parameters, and those with another choice in them, by name. */
function variants({ parameters, norms }: AttackDefinition): [name: string, given: ParameterValues][] {
  const epsilon = EPSILON[norms[0]!];
  const wanted = Object.entries({ ...SHORT, epsilon, alpha: epsilon / 3 });
  const isDerived = (name: string) => name === 'alpha' && parameters[name]?.type === 'magnitude' && parameters[name].optional;
  const fewer = Object.entries(FEWER).filter(
    ([name, value]) => Number((parameters[name] as { default?: number } | undefined)?.default) > value,
  );
  const base = Object.fromEntries([...wanted.filter(([name]) => name in parameters && !isDerived(name)), ...fewer]);
  const found: [string, ParameterValues][] = [['', base]];
  for (const [name, spec] of Object.entries(parameters)) {
    if (isDerived(name)) found.push([' alpha', { ...base, alpha: epsilon / 3 }]);
    else if (spec.type === 'magnitude' && spec.optional) found.push([` no ${name}`, { ...base, [name]: undefined }]);
    if (spec.type === 'boolean') found.push([` ${name}=${String(!spec.default)}`, { ...base, [name]: !spec.default }]);
    if (name === 'targetClass' && !('target' in parameters)) found.push([' targetClass=3', { ...base, targetClass: 3 }]);
    if (spec.type !== 'choice') continue;
    const others = name === 'target' ? ['RANDOM'] : Object.keys(spec.values).filter((value) => value !== spec.default);
    for (const value of others)
      found.push([` ${name}=${value}`, { ...base, ...(name === 'version' ? OF_VERSIONS[value] : {}), [name]: value }]);
  }
  return found;
}

/** On images of three channels, where the order of channels and of pixels shows. */
const COLOURED = [
  'FGSM',
  'PGD',
  'PGD_L1',
  'APGD_DLR_L2',
  'TI_FGSM',
  'DEEP_FOOL_L2',
  'FAB_LINF',
  'SQUARE_LINF',
  'SIMBA',
  'ONE_PIXEL',
  'PATCH',
];

async function attackRecords(options: RecordOptions = {}): Promise<Record<string, AttackRecord>> {
  const recorder = new Recorder<AttackRecord>(options);
  const test = await openDataset({ format: 'mnist', split: 'test' });
  const model = await loadModel({ directory: 'assets/models/mnist-baseline' });
  await withEngine(options, async (engine) => {
    // Corruptions have values of their own in compute/corruptions.test.ts.
    for (const attack of attacks.filter(({ isNatural, ofTrees }) => !isNatural && !ofTrees)) {
      for (const [variant, parameters] of variants(attack)) {
        await recorder.add(`${attack.kind}${variant}`, () => attackRecord(engine, model, test, attack.kind, parameters));
      }
    }
    const coloured = await buildArchitecture('mnist-small-cnn', { seed: SEED, inputShape: [20, 18, 3] });
    const images = await labelledNoise(engine, coloured);
    for (const attack of attacks.filter(({ kind }) => COLOURED.includes(kind))) {
      const [, parameters] = variants(attack)[0]!;
      await recorder.add(`${attack.kind} of 3 channels`, () => attackRecord(engine, coloured, images, attack.kind, parameters));
    }
  });
  await test.close();
  return recorder.records;
}

/** What varies from run to run, or came after the recording and follows from the rest. */
const LEFT_OUT = new Set([
  'seconds',
  'phases',
  'engine',
  'stages',
  'otherPrediction',
  'cleanVotes',
  'adversarialVotes',
  'withoutStart',
  'l0Pixels',
  'attackDistance',
]);

async function attackRecord(
  engine: Engine,
  model: AnyModel,
  dataset: Dataset,
  kind: string,
  parameters: ParameterValues,
): Promise<AttackRecord> {
  const shard = { engine, model, dataset, attack: { kind, parameters }, seed: SEED, offset: 0, count: COUNT, keepImages: true };
  const { images, adversarialPrediction, l2, linf, queries, gradients, ...result } = await evaluateShard(shard);
  // What other judging makes of the images is no part of what an attack does.
  const rest = Object.fromEntries(Object.entries(result).filter(([name]) => !LEFT_OUT.has(name)));
  // In the order of their names: another order of members is no other result.
  const members = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = members.map(([name, value]) => [name, ArrayBuffer.isView(value) ? sha256(value) : value]);
  return {
    images: sha256(images!),
    predictions: [...adversarialPrediction],
    l2: [...l2],
    linf: [...linf],
    queries: [...queries],
    gradients: [...gradients],
    rest: sha256(Buffer.from(JSON.stringify(bytes))),
  };
}

/** Noise of 8 bits, with the classes that the model gives it as labels, so that attacks have something to do. */
async function labelledNoise(engine: Engine, model: DifferentiableModel): Promise<Dataset> {
  const { inputShape, classCount } = model.spec;
  const images = Uint8Array.from(noise(2 * COUNT, inputShape).data, (value) => Math.round(255 * value));
  const pixels = { dtype: 'float32', shape: [2 * COUNT, ...inputShape], data: Float32Array.from(images, (value) => value / 255) } as const;
  const scores = (await predict(engine, model, pixels)).data;
  const labels = Int32Array.from({ length: 2 * COUNT }, (_, i) => {
    const row = scores.subarray(i * classCount, (i + 1) * classCount);
    return row.indexOf(Math.max(...row));
  });
  const size = images.length / labels.length;
  return {
    info: {
      imageShape: inputShape,
      classNames: Array.from({ length: classCount }, (_, i) => String(i)),
      exampleCount: labels.length,
      bitDepth: 8,
      fingerprint: 'golden',
    },
    read: (offset, count) =>
      Promise.resolve({
        images: images.subarray(offset * size, (offset + count) * size),
        labels: labels.subarray(offset, offset + count),
      }),
    close: () => Promise.resolve(),
  };
}

// Training.

const BATCH = 16;
const REGULARISATION = { labelSmoothing: 0.1, auxiliaryWeight: 0.3, weightDecay: 1e-3, gradientClip: 1, averageDecay: 0.9 };

async function trainingRecords(options: RecordOptions = {}): Promise<Record<string, TrainingRecord>> {
  const recorder = new Recorder<TrainingRecord>(options);
  const mnist = await openDataset({ format: 'mnist', split: 'train' });
  const dataset = { ...mnist, info: { ...mnist.info, exampleCount: 200 } };
  const tiny = await buildArchitecture('mlp', { seed: SEED, width: 0.125 });
  const other = await buildArchitecture('mlp', { seed: SEED + 1, width: 0.125 });
  const create = (name: string, given: ParameterValues = {}, resources = {}) => {
    const definition = schemes.find((scheme) => scheme.name === name)!;
    const short = Object.entries({ epsilon: 0.2, epsilonMax: 0.2, steps: 3 }).filter(([key]) => key in definition.parameters);
    const parameters = validateParameters(definition, { ...Object.fromEntries(short), ...given });
    return createScheme(name, parameters, { batchSize: BATCH, ...(definition.uses?.models ? { models: [other] } : {}), ...resources });
  };
  const optimizer = (name: string) => {
    const definition = optimizers.find((candidate) => candidate.name === name)!;
    return definition.create(validateParameters(definition, {}));
  };
  await withEngine(options, async (engine) => {
    const common = {
      engine,
      model: tiny,
      dataset,
      scheme: create('standard'),
      optimizer: optimizer('adam'),
      learningRate: () => 2e-3,
      totalSteps: STEPS,
      batchSize: BATCH,
      seed: SEED,
    } satisfies SessionOptions;
    const add = (name: string, given: Partial<SessionOptions>) => recorder.add(name, () => trainingRecord({ ...common, ...given }));
    for (const { name } of schemes) await add(`scheme ${name}`, { scheme: create(name) });

    const suite = [{ kind: 'PGD_L2', weight: 1, parameters: validateParameters(findAttack('PGD_L2'), { epsilon: 2, steps: 2 }) }];
    const attack = (kind: string, parameters = {}) => ({ kind, weight: 1, parameters: { epsilon: 0.3, ...parameters } });
    const drawn = [attack('STEP_LL'), attack('RAND_FGSM', { randomShare: 0.5 }), attack('ITER_BASIC', { alpha: 0.1, steps: 3 })];
    await add('algorithm1 with an attack of the suite', { scheme: create('algorithm1', {}, { attacks: suite }), totalSteps: 8 });
    await add('algorithm1 with drawn attacks', { scheme: create('algorithm1', { k: 12, delaySteps: 3 }, { attacks: drawn }) });
    await add('vat with unlabelled images', { scheme: create('vat', {}, { unlabelled: dataset }), totalSteps: 8 });

    // Batch norm, dropout, augmentation and everything that is added to a loss or a gradient.
    const normalised = await buildArchitecture('resnet-20', { seed: SEED, width: 0.125, inputShape: [28, 28, 1] });
    const augmentation = { shift: 2, mirror: true };
    await add('batch norm', { model: normalised, augmentation, regularisation: REGULARISATION, totalSteps: 5 });
    const apart = create('algorithm1', { statisticsApart: true });
    await add('batch norm, statistics apart', { model: normalised, scheme: apart, totalSteps: 5 });
    const dropout = await buildArchitecture('mlp', { seed: SEED, width: 0.125, dropout: 0.5 });
    await add('dropout', { model: dropout, augmentation, regularisation: REGULARISATION });

    for (const { name } of optimizers) await add(`optimizer ${name}`, { optimizer: optimizer(name), totalSteps: 8 });
    for (const definition of schedules) {
      const parameters = validateParameters(definition, definition.name === 'staircase' ? { interval: 3 } : {});
      const learningRate = definition.create(parameters);
      await add(`schedule ${definition.name}`, { learningRate, optimizer: optimizer('sgd'), totalSteps: 8 });
      const rates = Array.from({ length: 100 }, (_, step) => withWarmUp(learningRate, 10)(step, 100));
      await recorder.add(`rates ${definition.name}`, () => Promise.resolve({ losses: rates, variables: '' }));
    }
  });
  await mnist.close();
  return recorder.records;
}

async function trainingRecord(options: SessionOptions): Promise<TrainingRecord> {
  const session = await TrainingSession.start(options);
  try {
    const losses: number[] = [];
    for (let step = 1; step <= options.totalSteps; step++) losses.push((await session.advance(step)).loss);
    const variables = await session.finish();
    const names = Object.keys(variables).sort();
    return { losses, variables: sha256(...names.map((name) => variables[name]!.data)) };
  } finally {
    await session.dispose();
  }
}

// Importers.

/** Scores that are written out of each image; all of them are in the hash. */
const OUTPUTS = 6;

async function importerRecords(options: RecordOptions = {}): Promise<Record<string, ImporterRecord>> {
  const recorder = new Recorder<ImporterRecord>(options);
  const root = await mkdtemp(join(tmpdir(), 'gauntlet-golden-'));
  await withEngine(options, async (engine) => {
    const add = (name: string, load: () => Promise<DifferentiableModel>) =>
      recorder.add(name, async () => importerRecord(engine, await load()));
    const folder = (name: string) => join(root, name);

    for (const { name, inputShape } of architectures) {
      // Those for large images on smaller ones, and all of them thin: the same layers, for less.
      const shape = inputShape[0] > 32 ? ([96, 96, 3] as const) : inputShape;
      await add(`architecture ${name}`, () => buildArchitecture(name, { seed: SEED, width: 0.125, inputShape: [...shape] }));
    }
    for (const name of ['mnist-baseline', 'mnist-adversarial', 'cifar10-resnet-20']) {
      await add(`shipped ${name}`, () => loadModel({ directory: join('assets/models', name) }));
    }
    await add('LayersModel of our own', async () => {
      const spec = { valueRange: [0, 255], channelOrder: 'BGR', mean: [10, 20, 30], std: [50, 60, 70] } as const;
      await saveLayersModel(await buildArchitecture('resnet-20', { seed: SEED, width: 0.25, spec }), folder('own'));
      return loadModel({ directory: folder('own') });
    });
    await add('LayersModel of tfjs-layers', async () => {
      await writeLayersModel(folder('layers'));
      return loadModel({ directory: folder('layers') });
    });
    await add('GraphModel', async () => loadModel({ directory: await writeFiles(folder('graph'), graphModel(GRAPH)) }));
    await add('GraphModel emotion', async () => loadModel({ directory: await writeFiles(folder('emotion'), await emotion()) }));
    await add('ONNX', async () => loadModel({ directory: await writeOnnx(folder('onnx'), ONNX) }));
    for (const file of (await readdir(FIXTURES)).filter((name) => name.endsWith('.onnx')).sort()) {
      const directory = folder(basename(file, '.onnx'));
      await mkdir(directory);
      await copyFile(join(FIXTURES, file), join(directory, 'model.onnx'));
      await add(`ONNX ${basename(file, '.onnx')}`, () => loadModel({ directory }));
    }
  });
  await rm(root, { recursive: true, force: true });
  return recorder.records;
}

const FIXTURES = 'tests/fixtures/onnx';

async function importerRecord(engine: Engine, model: DifferentiableModel): Promise<ImporterRecord> {
  const { data } = await predict(engine, model, noise(2, model.spec.inputShape));
  const { classCount } = model.spec;
  const first = [0, 1].flatMap((i) => [...data.subarray(i * classCount, i * classCount + Math.min(OUTPUTS, classCount))]);
  return { fingerprint: model.fingerprint, outputs: first, bits: sha256(data) };
}

const waves = (...shape: number[]): Weight => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + size) / 2) };
};
const onnxWaves = (...shape: number[]) => floats(shape, waves(...shape).values);

const STRIDES = { strides: numbers(1, 2, 2, 1), dilations: numbers(1, 1, 1, 1), padding: text('SAME') };

const GRAPH: GraphModelSpec = {
  input: [-1, 6, 6, 2],
  nodes: [
    { name: 'convolution', op: 'Conv2D', input: ['image', 'kernel'], attr: STRIDES },
    { name: 'features', op: 'Relu6', input: ['convolution'] },
    { name: 'pooled', op: 'Mean', input: ['features', 'pixels'] },
    {
      name: 'scores',
      op: '_FusedMatMul',
      input: ['pooled', 'dense', 'bias'],
      attr: { fused_ops: texts('BiasAdd'), num_args: { i: '1' } },
    },
    { name: 'probabilities', op: 'Softmax', input: ['scores'] },
  ],
  weights: {
    kernel: waves(3, 3, 2, 4),
    pixels: { shape: [2], values: [1, 2], dtype: 'int32' },
    dense: waves(4, 3),
    bias: waves(3),
  },
};

const ONNX: GraphSpec = {
  input: ['n', 2, 6, 6],
  nodes: [
    { op: 'Conv', inputs: ['image', 'kernel', 'shift'], outputs: ['a'], attributes: { pads: [1, 1, 1, 1], strides: [2, 2] } },
    { op: 'LeakyRelu', inputs: ['a'], outputs: ['b'] },
    { op: 'Reshape', inputs: ['b', 'shape'], outputs: ['c'] },
    { op: 'Gemm', inputs: ['c', 'dense', 'bias'], outputs: ['scores'], attributes: { transB: 1 } },
  ],
  weights: { kernel: onnxWaves(4, 2, 3, 3), shift: onnxWaves(4), shape: ints([-1, 36]), dense: onnxWaves(3, 36), bias: onnxWaves(3) },
};

/** A model as tfjs-layers' own code saves it. */
async function writeLayersModel(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await tf.setBackend('cpu');
  const model = sequential({
    // Numbered by the process otherwise.
    name: 'sequential_1',
    layers: [
      layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: 'relu', name: 'convolution' }),
      layers.batchNormalization({ name: 'normalisation' }),
      layers.depthwiseConv2d({ kernelSize: 3, name: 'depthwise' }),
      layers.averagePooling2d({ poolSize: 2, name: 'pooling' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({ units: 5, activation: 'softmax', name: 'scores' }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape }) => {
      const { values } = waves(...(shape as number[]));
      return tf.tensor(values.map(Math.abs), shape);
    }),
  );
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      await writeFile(join(directory, 'weights.bin'), new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
      const json = { format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
      await writeFile(join(directory, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  model.dispose();
}

// Measurements.

async function measurementRecords(options: RecordOptions = {}): Promise<Record<string, MeasurementRecord>> {
  const recorder = new Recorder<MeasurementRecord>(options);
  const dataset = await openDataset({ format: 'mnist', split: 'test' });
  const model = await loadModel({ directory: 'assets/models/mnist-baseline' });
  await withEngine(options, async (engine) => {
    const shard = { engine, model, dataset, seed: SEED, offset: 0, count: COUNT };
    await recorder.add('certificates', async () => {
      const smoothing = { sigma: 0.5, selectionSamples: 20, estimationSamples: 100, alpha: 0.001 };
      const { predictions, agreeing, radii } = await certifyShard({ ...shard, ...smoothing });
      return { predictions: [...predictions], agreeing: [...agreeing], radii: [...radii] };
    });
    const attack = { kind: 'FGSM', parameters: { epsilon: EPSILON.LINF } };
    const result = await evaluateShard({ ...shard, attack, keepImages: true });
    await recorder.add('diagnostics', () =>
      Promise.resolve(Object.fromEntries(Object.entries(result.diagnostics).map(([name, value]) => [name, [value as number]]))),
    );
    await recorder.add('similarities', () => {
      const members = Object.entries(result).filter(
        ([name, value]) =>
          !LEFT_OUT.has(name) &&
          !/Likelihood|Brier|Detection/.test(name) &&
          (value instanceof Float32Array || value instanceof Float64Array),
      );
      return Promise.resolve(
        Object.fromEntries(members.map(([name, value]) => [name, [...(value as Float32Array)].map((v) => (Number.isNaN(v) ? null : v))])),
      );
    });
    for (const step of [
      { name: 'blur', amount: 1 },
      { name: 'brightness', amount: 0.3 },
      { name: 'contrast', amount: 2 },
      { name: 'jpeg', amount: 30 },
      { name: 'noise', amount: 0.2 },
    ]) {
      await recorder.add(`transformation ${step.name}`, async () => {
        const { clean, adversarial } = await predictTransformed({ ...shard, adversarial: toLevels(result.images!), steps: [step] });
        return { clean: [...clean], adversarial: [...adversarial] };
      });
    }
  });
  await dataset.close();
  await recorder.add('statistics', () => Promise.resolve(statisticsRecord()));
  return recorder.records;
}

function statisticsRecord(): MeasurementRecord {
  const numbersOf = (value: object) => Object.values(value) as (number | null)[];
  const stream = randomStream(SEED, 'golden.statistics', 0);
  const x = Array.from({ length: 30 }, () => stream.normal());
  const y = x.map((value) => value + stream.normal());
  const bits = (share: number) => Uint8Array.from({ length: 60 }, () => (stream.uniform() < share ? 1 : 0));
  const [first, second] = [bits(0.7), bits(0.4)];
  const counts = { both: 20, onlyFirst: 17, onlySecond: 6, n: 60 };
  return {
    wilson: numbersOf(wilson(17, 60)),
    mcnemar: numbersOf(mcnemar(first, second)),
    pairedDifference: numbersOf(pairedDifference(counts)),
    pairedRatio: numbersOf(pairedRatio(counts)),
    pearson: numbersOf(pearson(x, y)),
    spearman: numbersOf(spearman(x, y)),
    student: numbersOf(studentInterval(x)),
    holm: holmAdjusted([0.01, 0.04, 0.03, 0.2]),
    kappa: [cohenKappa(Int32Array.from(first), Int32Array.from(second))],
  };
}
