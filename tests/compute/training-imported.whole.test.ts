/** Training that starts from ONNX files and GraphModels: it starts from their weights, and the result is a model of the same format. */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/compute/data/types.js';
import { testEngine } from '../test-engine.js';
import { computeOn, toHost, toTensor, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { fingerprintOf } from '../../src/compute/models/fingerprint.js';
import { loadModel } from '../../src/compute/models/load.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/compute/training/checkpoint.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { sgd } from '../../src/compute/training/optimizers/sgd.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { constantRate } from '../../src/compute/training/schedules.js';
import { findScheme } from '../../src/compute/training/schemes/registry.js';
import { TrainingSession } from '../../src/compute/training/session.js';
import { NO_REGULARISATION } from '../../src/compute/training/types.js';
import { failure, noise, refusal, temporaryDirectory } from './fixtures.js';
import { graphModel, numbers, text, texts, writeFiles, type Weight } from './graph-files.js';
import { DataType, floats, raw, writeOnnx, type GraphSpec } from './onnx-files.js';

const root = await temporaryDirectory();
const engine = await testEngine();
afterAll(() => engine.dispose());

const EXAMPLES = 16;

/** Images of noise, to be learnt by heart. */
function dataset({ inputShape, classCount }: DifferentiableModel['spec']): Dataset {
  const images = Uint8Array.from(noise(EXAMPLES, inputShape).data, (value) => Math.round(255 * value));
  const classNames = Array.from({ length: classCount }, (_, i) => String(i));
  return {
    info: { imageShape: inputShape, classNames, exampleCount: EXAMPLES, bitDepth: 8, fingerprint: '' },
    read: () => Promise.resolve({ images, labels: Int32Array.from({ length: EXAMPLES }, (_, i) => i % classCount) }),
    close: () => Promise.resolve(),
  };
}

function options(model: DifferentiableModel, scheme: string, totalSteps: number) {
  const definition = findScheme(scheme);
  return {
    engine,
    model,
    dataset: dataset(model.spec),
    scheme: definition.create(validateParameters(definition, {}, 'INVALID_TRAINING'), { batchSize: EXAMPLES }),
    optimizer: adam(),
    regularisation: { ...NO_REGULARISATION, weightDecay: 1e-4, averageDecay: 0.2 },
    learningRate: constantRate(3e-3),
    totalSteps,
    batchSize: EXAMPLES,
    seed: 1,
  };
}

/** Losses of segments of two steps; the finished model is in `directory`. */
async function fineTune(model: DifferentiableModel, scheme: string, directory: string, interrupted = false) {
  const asked = options(model, scheme, 8);
  const losses: number[] = [];
  let session = await TrainingSession.start(asked);
  while (!session.outcome) {
    losses.push((await session.advance(session.step + 2)).loss);
    if (!interrupted) continue;
    const bytes = encodeCheckpoint(await session.checkpoint());
    await session.dispose();
    session = await TrainingSession.start(asked, decodeCheckpoint(bytes));
  }
  await session.save(directory);
  const variables = await session.finish();
  await session.dispose();
  return { losses, variables };
}

const scoresOf = (model: DifferentiableModel, variables: DifferentiableModel['variables'], images: HostTensor) =>
  Array.from(computeOn('cpu', () => toHost(model.apply(toTensors(variables), toTensor(images) as tf.Tensor4D))).data);

async function fixture(name: string): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  await copyFile(`tests/fixtures/onnx/${name}.onnx`, join(directory, 'model.onnx'));
  return directory;
}

/** What onnxruntime makes of images `[n, height, width, channels]`, one after the other. */
async function onnxruntime(directory: string, images: HostTensor): Promise<number[]> {
  const session = await InferenceSession.create(join(directory, 'model.onnx'), { logSeverityLevel: 3 });
  const x = computeOn('cpu', () => toHost(tf.transpose(toTensor(images) as tf.Tensor4D, [0, 3, 1, 2])));
  const size = x.data.length / x.shape[0]!;
  const scores: number[] = [];
  for (let i = 0; i < x.shape[0]!; i++) {
    const image = new Tensor('float32', (x.data as Float32Array).slice(i * size, (i + 1) * size), [1, ...x.shape.slice(1)]);
    const outputs = await session.run({ [session.inputNames[0]!]: image });
    scores.push(...(outputs[session.outputNames[0]!]!.data as Float32Array));
  }
  await session.release();
  return scores;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs));
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / scale).toBeLessThan(1e-4);
}

describe('ONNX files that PyTorch exported', () => {
  it.each([
    ['resnet', 'algorithm1'],
    ['vit', 'trades'],
    ['shufflenet', 'awp'],
    ['mixed', 'standard'],
  ])('%s is fine-tuned by %s; the file that comes of it has the weights, here and in onnxruntime', async (name, scheme) => {
    const model = await loadModel({ directory: await fixture(name) });
    const directory = join(root, `${name}-trained`);
    const { losses, variables } = await fineTune(model, scheme, directory);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const trained = await loadModel({ directory });
    const images = noise(3, model.spec.inputShape);
    const scores = scoresOf(trained, trained.variables, images);
    expect(scores).toEqual(scoresOf(model, variables, images));
    expect(scores).not.toEqual(scoresOf(model, model.variables, images));
    expectClose(await onnxruntime(directory, images), scores);
    expect(trained.spec).toEqual(model.spec);
  });

  it('resume from checkpoints bit for bit', async () => {
    const model = await loadModel({ directory: await fixture('resnet') });
    const [whole, parts] = [
      await fineTune(model, 'algorithm1', join(root, 'whole')),
      await fineTune(model, 'algorithm1', join(root, 'parts'), true),
    ];
    expect(parts.losses).toEqual(whole.losses);
    expect(fingerprintOf(parts.variables)).toBe(fingerprintOf(whole.variables));
  });

  it('stay the same without training', async () => {
    for (const name of ['resnet', 'vit', 'lenet-fixed-batch']) {
      const model = await loadModel({ directory: await fixture(name) });
      await model.save(model.variables, join(root, `${name}-same`));
      expect((await loadModel({ directory: join(root, `${name}-same`) })).fingerprint).toBe(model.fingerprint);
    }
  });

  it('cannot be trained with a batch size that is written into them', async () => {
    const model = await loadModel({ directory: await fixture('sequence-first-fixed-batch') });
    expect(await failure(TrainingSession.start(options(model, 'standard', 1)))).toMatchObject(
      refusal('UNSUPPORTED_OPERATION', /dynamic batch/),
    );
  });

  const values = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(1.7 * i));
  const half = (value: number) => {
    const bits = new DataView(Float32Array.of(value).buffer).getUint32(0, true);
    return ((bits >> 16) & 0x8000) | ((((bits >> 23) & 0xff) - 112) << 10) | ((bits >> 13) & 0x3ff);
  };
  const flat = (weights: GraphSpec['weights'], ...before: GraphSpec['nodes']): GraphSpec => ({
    input: ['n', 12],
    nodes: [...before, { op: 'MatMul', inputs: ['image', 'w'], outputs: ['scores'] }],
    weights,
  });
  const cast = (stored: DataType) => ({ op: 'Cast', inputs: ['image'], outputs: ['x'], attributes: { to: stored } });
  const FLAT = { inputShape: [2, 2, 3] as const };

  it.each<[string, GraphSpec]>([
    ['doubles', flat({ w: raw(DataType.DOUBLE, [12, 3], Float64Array.from(values(36))) })],
    [
      'half precision',
      {
        input: ['n', 12],
        nodes: [
          cast(DataType.FLOAT16),
          { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] },
          { op: 'Cast', inputs: ['y'], outputs: ['scores'], attributes: { to: DataType.FLOAT } },
        ],
        weights: { w: raw(DataType.FLOAT16, [12, 3], Uint16Array.from(values(36), half)) },
      },
    ],
    [
      'bytes that a node turns into numbers',
      flat(
        {
          stored: raw(
            DataType.INT8,
            [12, 3],
            Int8Array.from(values(36), (value) => 100 * value),
          ),
          scale: floats([], [0.01]),
        },
        { op: 'DequantizeLinear', inputs: ['stored', 'scale'], outputs: ['w'] },
      ),
    ],
  ])('with weights as %s come back with float32', async (name, graph) => {
    const model = await loadModel({ directory: await writeOnnx(join(root, name), graph), spec: FLAT });
    const directory = join(root, `${name}-trained`);
    const { losses, variables } = await fineTune(model, 'standard', directory);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const images = noise(3, [2, 2, 3]);
    const scores = scoresOf(model, variables, images);
    const trained = await loadModel({ directory, spec: FLAT });
    expect(scoresOf(trained, trained.variables, images)).toEqual(scores);
    const session = await InferenceSession.create(join(directory, 'model.onnx'));
    const outputs = await session.run({ image: new Tensor('float32', images.data as Float32Array, [3, 12]) });
    expectClose(Array.from(outputs['scores']!.data as Float32Array), scores);
    await session.release();
  });

  it('lose weight by decay, whatever their weights are called, but for biases', async () => {
    const weights = { w: floats([12, 3], values(36)), b: floats([1, 3], [1, 2, 3]) };
    const graph: GraphSpec = {
      input: ['n', 12],
      nodes: [
        { op: 'MatMul', inputs: ['image', 'w'], outputs: ['y'] },
        { op: 'Add', inputs: ['y', 'b'], outputs: ['scores'] },
      ],
      weights,
    };
    const model = await loadModel({ directory: await writeOnnx(join(root, 'decay'), graph), spec: FLAT });
    const after = async (weightDecay: number) => {
      const asked = { ...options(model, 'standard', 1), regularisation: { ...NO_REGULARISATION, weightDecay }, optimizer: sgd(0) };
      const session = await TrainingSession.start(asked);
      await session.advance(1);
      const variables = await session.finish();
      await session.dispose();
      return variables;
    };
    const [free, decayed] = [await after(0), await after(0.5)];
    // One step of the rate 3e-3 along λ w.
    const lost = Array.from(free['w']!.data, (value, i) => value - decayed['w']!.data[i]!);
    lost.forEach((value, i) => expect(value).toBeCloseTo(3e-3 * 0.5 * Math.sin(1.7 * i), 6));
    expect(decayed['b']).toEqual(free['b']);
  });

  it('are trained but for what counts by a step alone, and refused if that is all', async () => {
    const comparison = flat(
      { t: floats([12], values(12)), w: floats([12, 3], values(36)) },
      { op: 'Greater', inputs: ['image', 't'], outputs: ['above'] },
      { op: 'Cast', inputs: ['above'], outputs: ['x'], attributes: { to: DataType.FLOAT } },
    );
    const [, , product] = comparison.nodes;
    const thresholds = { ...comparison, nodes: [...comparison.nodes.slice(0, 2), { ...product!, inputs: ['x', 'w'] }] };
    const classifier: GraphSpec = {
      input: ['n', 12],
      nodes: [
        {
          op: 'LinearClassifier',
          domain: 'ai.onnx.ml',
          inputs: ['image'],
          outputs: ['label', 'scores'],
          attributes: { coefficients: { floats: values(36) }, intercepts: { floats: values(3) }, classlabels_ints: [0, 1, 2] },
        },
      ],
    };
    const model = await loadModel({ directory: await writeOnnx(join(root, 'thresholds'), thresholds), spec: FLAT });
    expect(model.trainable).toEqual(['w']);
    const { variables } = await fineTune(model, 'standard', join(root, 'thresholds-tuned'));
    expect(variables['t']).toEqual(model.variables['t']);
    expect(variables['w']).not.toEqual(model.variables['w']);
    for (const [name, graph, code, message] of [
      ['classifier', classifier, 'INVALID_MODEL', /no weights that training could change/],
    ] as const) {
      const model = await loadModel({ directory: await writeOnnx(join(root, name), graph), spec: FLAT });
      expect(await failure(TrainingSession.start(options(model, 'standard', 1)))).toMatchObject(refusal(code, message));
    }
  });
});

it('a GraphModel is fine-tuned; the files that come of it have the weights, here and in TensorFlow.js', async () => {
  const waves = (...shape: number[]): Weight => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, values: Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + size) / 2) };
  };
  const files = graphModel({
    input: [-1, 6, 6, 2],
    nodes: [
      {
        name: 'features',
        op: '_FusedConv2D',
        input: ['image', 'filter', 'shift'],
        attr: {
          strides: numbers(1, 1, 1, 1),
          dilations: numbers(1, 1, 1, 1),
          padding: text('SAME'),
          fused_ops: texts('BiasAdd', 'Relu'),
          num_args: { i: '1' },
        },
      },
      { name: 'normal', op: 'FusedBatchNormV3', input: ['features', 'gamma', 'beta', 'mean', 'variance'] },
      { name: 'pooled', op: 'Mean', input: ['normal', 'pixels'] },
      { name: 'filled', op: 'Fill', input: ['sizes', 'one'] },
      { name: 'scaled', op: 'Mul', input: ['pooled', 'filled'] },
      {
        name: 'scores',
        op: '_FusedMatMul',
        input: ['scaled', 'dense', 'bias'],
        attr: { fused_ops: texts('BiasAdd'), num_args: { i: '1' } },
      },
      { name: 'probabilities', op: 'Softmax', input: ['scores'] },
    ],
    weights: {
      filter: waves(3, 3, 2, 4),
      shift: waves(4),
      gamma: waves(4),
      beta: waves(4),
      mean: waves(4),
      variance: { shape: [4], values: [0.5, 1, 2, 3] },
      pixels: { shape: [2], values: [1, 2], dtype: 'int32' },
      sizes: { shape: [1], values: [4], dtype: 'int32' },
      one: { shape: [], values: [1] },
      dense: waves(4, 3),
      bias: waves(3),
    },
  });
  const spec = { valueRange: [-1, 1] as const };
  const model = await loadModel({ directory: await writeFiles(join(root, 'graph'), files), spec });
  expect(model.trainable).toContain('filled');
  const directory = join(root, 'graph-trained');
  const { losses, variables } = await fineTune(model, 'standard', directory);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  expect(variables['mean']).not.toEqual(model.variables['mean']);

  const images = noise(3, [6, 6, 2]);
  const scores = scoresOf(model, variables, images);
  const trained = await loadModel({ directory, spec });
  expect(scoresOf(trained, trained.variables, images)).toEqual(scores);

  const json = JSON.parse(await readFile(join(directory, 'model.json'), 'utf8'));
  const weightData = new Uint8Array(await readFile(join(directory, 'weights.bin'))).buffer;
  await tf.setBackend('cpu');
  const reference = await loadGraphModel({
    load: () => Promise.resolve({ ...json, weightSpecs: json.weightsManifest[0].weights, weightData }),
  });
  const probabilities = tf.tidy(() => (reference.predict(tf.sub(tf.mul(toTensor(images), 2), 1)) as tf.Tensor).dataSync());
  expectClose(Array.from(probabilities), Array.from(computeOn('cpu', () => toHost(tf.softmax(tf.tensor2d(scores, [3, 3])))).data));
  reference.dispose();
});
