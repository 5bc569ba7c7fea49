/** ONNX files as PyTorch, scikit-learn and tf2onnx write them: scores are onnxruntime's, gradients those of finite differences. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import * as tf from '@tensorflow/tfjs-core';
import { ModelProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compute/engine/compiled/compile.js';
import { testEngine } from '../test-engine.js';
import { computeOn, toHost, toHosts, toTensor, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import type { DifferentiableModel, ModelSpec } from '../../src/compute/models/types.js';
import { failure, noise, refusal, temporaryDirectory } from './fixtures.js';
import { slopes } from './slopes.js';
import { DataType, encode, floats, ints, raw, writeOnnx, type GraphSpec } from './onnx-files.js';

const FIXTURES = 'tests/fixtures/onnx';
const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: 3 });
afterAll(() => engine.dispose());

let count = 0;

async function load(graph: GraphSpec | Uint8Array, spec?: Partial<ModelSpec>): Promise<DifferentiableModel> {
  return loadModel({ directory: await writeOnnx(join(root, String(count++)), graph), spec });
}

async function loadFixture(name: string): Promise<{ model: DifferentiableModel; path: string }> {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'model.onnx');
  await copyFile(join(FIXTURES, `${name}.onnx`), path);
  return { model: await loadModel({ directory }), path };
}

const scoresOf = (model: DifferentiableModel, images: HostTensor) =>
  computeOn('cpu', () => toHost(model.apply(toTensors(model.variables), toTensor(images) as tf.Tensor4D)));

/** onnxruntime's output for images `[n, height, width, channels]`, one after the other. */
async function reference(file: string | Uint8Array, { shape, data }: HostTensor, channelsFirst = true): Promise<number[]> {
  const session = await InferenceSession.create(file as string, { logSeverityLevel: 3 });
  const [n, h, w, c] = shape as [number, number, number, number];
  const outputs: number[] = [];
  for (let i = 0; i < n; i++) {
    const image = data.slice(i * h * w * c, (i + 1) * h * w * c) as Float32Array;
    const first = Float32Array.from(image, (_, k) => image[(k % (h * w)) * c + Math.floor(k / (h * w))]!);
    const feed = channelsFirst ? new Tensor('float32', first, [1, c, h, w]) : new Tensor('float32', image, [1, h, w, c]);
    const results = await session.run({ [session.inputNames[0]!]: feed });
    outputs.push(...(results[session.outputNames.at(-1)!]!.data as Float32Array));
  }
  await session.release();
  return outputs;
}

function softmax(scores: HostTensor): HostTensor {
  return computeOn('cpu', () => toHost(tf.softmax(toTensor(scores))));
}

function expectEqual(actual: HostTensor, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual.data[i]!)));
  expect(actual.data.length).toBe(expected.length);
  expect(worst / scale).toBeLessThanOrEqual(1e-4);
}

async function transposes(file: Uint8Array): Promise<number> {
  return fromBinary(ModelProtoSchema, file).graph!.node.filter(({ opType }) => opType === 'Transpose').length;
}

describe('networks that PyTorch exported', () => {
  it.each(['resnet', 'mobilenet', 'vit', 'sequence-first-fixed-batch', 'convnext', 'swin', 'lenet-fixed-batch', 'shufflenet', 'mixed'])(
    '%s: scores are those of onnxruntime, gradients those of finite differences',
    async (name) => {
      const { model, path } = await loadFixture(name);
      const images = noise(3, model.spec.inputShape);
      const scores = scoresOf(model, images);
      expect(model.output).toBe('LOGITS');
      expectEqual(name === 'lenet-fixed-batch' ? softmax(scores) : scores, await reference(path, images));
      const { measured, gradient } = await slopes(engine, model, images);
      expect(measured / gradient).toBeCloseTo(1, 2);
    },
  );

  // The image comes with channels last, and is turned once.
  it.each(['resnet', 'mobilenet', 'convnext', 'vit', 'lenet-fixed-batch', 'shufflenet'])(
    '%s: it is compiled without transpositions that the file does not have',
    async (name) => {
      const { model, path } = await loadFixture(name);
      const images = { dtype: 'float32', shape: [2, ...model.spec.inputShape] } as const;
      const { bytes } = compile({ images }, ({ images: x }) => ({ y: model.apply(toTensors(model.variables), x as tf.Tensor4D) }), {
        provider: 'cpu',
        blockSize: 0,
        threads: 1,
      });
      expect(await transposes(bytes)).toBeLessThanOrEqual((await transposes(await readFile(path))) + 1);
    },
  );

  it('training uses the statistics of the batch and moves the stored ones', async () => {
    const { model } = await loadFixture('resnet');
    const statistics = Object.keys(model.variables).filter((name) => /running_(mean|var)/.test(name));
    expect(statistics.length).toBeGreaterThan(0);
    expect(model.trainable).not.toEqual(expect.arrayContaining(statistics));
    const images = noise(4, model.spec.inputShape);
    const { updates, mean } = computeOn('cpu', () => {
      const variables = toTensors(model.variables);
      const filter = variables['stem.0.weight'] as tf.Tensor4D;
      const first = tf.conv2d(toTensor(images) as tf.Tensor4D, tf.transpose(filter, [2, 3, 1, 0]), 1, 'same');
      const moved = tf.add(tf.mul(variables['stem.1.running_mean']!, 0.9), tf.mul(tf.mean(first, [0, 1, 2]), 0.1));
      return { updates: toHosts(model.applyTraining(variables, toTensor(images) as tf.Tensor4D).updates), mean: toHost(moved) };
    });
    expect(Object.keys(updates).sort()).toEqual(statistics.sort());
    expectEqual(updates['stem.1.running_mean']!, Array.from(mean.data));
  });
});

const MATRIX = floats(
  [4, 3],
  Array.from({ length: 12 }, (_, i) => Math.sin(i)),
);
const LINEAR: GraphSpec = {
  input: ['n', 4],
  nodes: [{ op: 'MatMul', inputs: ['image', 'w'], outputs: ['scores'] }],
  weights: { w: MATRIX },
};
const FLAT = { inputShape: [2, 2, 1] } as const;

describe('the importer reads files of other exporters:', () => {
  const images = noise(3, [2, 2, 1]);
  const productWith = (w: readonly number[]) =>
    [0, 1, 2].flatMap((n) => [0, 1, 2].map((k) => [0, 1, 2, 3].reduce((sum, i) => sum + images.data[4 * n + i]! * w[3 * i + k]!, 0)));
  const product = () => productWith(MATRIX.floatData);

  it('scikit-learn: the softmax inside of the classifier is removed, labels are left aside', async () => {
    const attributes = {
      coefficients: { floats: [0, 1, 2].flatMap((k) => [0, 1, 2, 3].map((i) => MATRIX.floatData[3 * i + k]!)) },
      intercepts: { floats: [0, 0, 0] },
      classlabels_ints: [0, 1, 2],
      post_transform: 'SOFTMAX',
    };
    const file = encode({
      input: ['n', 4],
      nodes: [
        { op: 'LinearClassifier', domain: 'ai.onnx.ml', inputs: ['image'], outputs: ['label', 'all'], attributes },
        { op: 'Normalizer', domain: 'ai.onnx.ml', inputs: ['all'], outputs: ['scores'], attributes: { norm: 'L1' } },
      ],
      outputs: { label: DataType.INT64, scores: DataType.FLOAT },
    });
    const model = await load(file, FLAT);
    expect(model.output).toBe('LOGITS');
    expectEqual(scoresOf(model, images), product());
  });

  it('tf2onnx: channels last, and a transposition that costs nothing', async () => {
    const weights = { w: floats([2, 3, 1, 1], [1, 2, 3, 4, 5, 6]) };
    const file = encode({
      input: ['n', 5, 4, 3],
      nodes: [
        { op: 'Transpose', inputs: ['image'], outputs: ['first'], attributes: { perm: [0, 3, 1, 2] } },
        { op: 'Conv', inputs: ['first', 'w'], outputs: ['conv'] },
        { op: 'GlobalAveragePool', inputs: ['conv'], outputs: ['pooled'] },
        { op: 'Squeeze', inputs: ['pooled', 'axes'], outputs: ['scores'] },
      ],
      weights: { ...weights, axes: ints([2, 3]) },
    });
    const model = await load(file);
    expect(model.spec.inputShape).toEqual([5, 4, 3]);
    const pixels = noise(2, [5, 4, 3]);
    expectEqual(scoresOf(model, pixels), await reference(file, pixels, false));
  });

  it('an argmax at the end is cut off, and said', async () => {
    const nodes = [...LINEAR.nodes, { op: 'ArgMax', inputs: ['scores'], outputs: ['label'], attributes: { axis: 1 } }];
    const model = await load({ ...LINEAR, nodes, outputs: { label: DataType.INT64 } }, FLAT);
    expect(model.warnings).toEqual([expect.stringMatching(/label holds no scores.*ArgMax/)]);
    expectEqual(scoresOf(model, images), product());
  });

  it('a label that is written as a float is no score of one class', async () => {
    const nodes = [
      ...LINEAR.nodes,
      { op: 'ArgMax', inputs: ['scores'], outputs: ['position'], attributes: { axis: 1 } },
      { op: 'Cast', inputs: ['position'], outputs: ['label'], attributes: { to: DataType.FLOAT } },
    ];
    const model = await load({ ...LINEAR, nodes, outputs: { label: DataType.FLOAT } }, FLAT);
    expect(model.warnings).toEqual([expect.stringMatching(/label holds no scores.*ArgMax/)]);
    expectEqual(scoresOf(model, images), product());
  });

  it.each([
    ['RandomNormalLike', { mean: 2, scale: 3 }, 2, 3],
    ['RandomUniformLike', { low: 2, high: 5 }, 3.5, 3 / Math.sqrt(12)],
  ] as const)('%s draws new values for each image and each run', async (op, attributes, mean, deviation) => {
    // The draws themselves are the scores.
    const nodes = [
      { op, inputs: ['image'], outputs: ['drawn'], attributes },
      { op: 'Flatten', inputs: ['drawn'], outputs: ['scores'] },
    ];
    const model = await load({ input: ['n', 1, 32, 32], nodes });
    expect(model.warnings).toEqual([expect.stringContaining('answers differently each time')]);
    const images: HostTensor = { dtype: 'float32', shape: [4, 32, 32, 1], data: new Float32Array(4096) };
    const rounds = [await predict(engine, model, images), await predict(engine, model, images)].map(({ data }) => [...data]);
    const values = rounds.flat();
    expect(new Set(values).size).toBeGreaterThan(8000);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Nobody gives the seed: both bounds are six standard errors of 8192 values and more.
    expect(Math.abs(average - mean)).toBeLessThan(0.2);
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(spread / deviation - 1)).toBeLessThan(0.05);
  });

  it('weights of every type', async () => {
    const values = [1, -2, 0.5, 0.25, 3, -1, 2, 4, -0.5, 1.5, -3, 8];
    const half = (value: number) => {
      const exponent = Math.floor(Math.log2(Math.abs(value)));
      return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
    };
    const bfloat = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
    const cast = (tensor: GraphSpec['weights']) => ({
      ...LINEAR,
      nodes: [
        { op: 'Cast', inputs: ['stored'], outputs: ['w'], attributes: { to: DataType.FLOAT } },
        { op: 'MatMul', inputs: ['image', 'w'], outputs: ['scores'] },
      ],
      weights: tensor,
    });
    const shape = [4, 3];
    for (const stored of [
      raw(DataType.FLOAT, shape, Float32Array.from(values)),
      raw(DataType.DOUBLE, shape, Float64Array.from(values)),
      create(TensorProtoSchema, { dims: [4n, 3n], dataType: DataType.DOUBLE, doubleData: values }),
      raw(DataType.FLOAT16, shape, Uint16Array.from(values, half)),
      create(TensorProtoSchema, { dims: [4n, 3n], dataType: DataType.FLOAT16, int32Data: values.map(half) }),
      raw(DataType.BFLOAT16, shape, Uint16Array.from(values, bfloat)),
    ]) {
      expectEqual(scoresOf(await load(cast({ stored }), FLAT), images), productWith(values));
    }
    const whole = values.map((value) => 4 * value);
    for (const stored of [
      raw(DataType.INT8, shape, Int8Array.from(whole)),
      raw(DataType.INT64, shape, BigInt64Array.from(whole, BigInt)),
      create(TensorProtoSchema, { dims: [4n, 3n], dataType: DataType.INT32, int32Data: whole }),
    ]) {
      const model = await load(cast({ stored }), FLAT);
      expect(model.trainable).toEqual(['w']);
      expectEqual(scoresOf(model, images), productWith(whole));
    }
  });

  it('second outputs that nothing reads', async () => {
    const pooled = (outputs: string[]) => ({ op: 'MaxPool', inputs: ['image'], outputs, attributes: { kernel_shape: [2, 2] } });
    const graph = (outputs: string[]) => ({
      input: ['n', 1, 3, 3],
      nodes: [
        pooled(outputs),
        { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
        { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] },
      ],
      weights: { w: floats([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) },
    });
    const images = noise(2, [3, 3, 1]);
    const [one, both] = [await load(graph(['pooled'])), await load(graph(['pooled', 'positions']))];
    expect(scoresOf(both, images)).toEqual(scoresOf(one, images));
  });

  it.each([
    ['linear', [2, 1.5], { antialias: 1 }],
    ['linear', [0.5, 0.4], { antialias: 1 }],
    ['linear', [0.5, 2], { antialias: 1, exclude_outside: 1 }],
    ['cubic', [2, 2], { antialias: 1 }],
    ['cubic', [0.5, 0.6], { antialias: 1, cubic_coeff_a: { float: -0.5 } }],
    ['cubic', [0.5, 0.6], { antialias: 1, exclude_outside: 1 }],
    ['nearest', [0.5, 2], { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }],
    ['linear', [2, 2], { coordinate_transformation_mode: 'align_corners' }],
  ] as const)('resizing as onnxruntime does it: %s by %j, %j', async (mode, [vertical, horizontal], attributes) => {
    const graph = (isChannelsFirst: boolean): GraphSpec => {
      const nodes = [
        { op: 'Resize', inputs: ['image', '', 'scales'], outputs: ['resized'], attributes: { mode, ...attributes } },
        { op: 'Flatten', inputs: ['resized'], outputs: ['flat'] },
        { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] },
      ];
      const size = Math.floor(10 * vertical) * Math.floor(10 * horizontal);
      const w = floats(
        [size, 3],
        Array.from({ length: 3 * size }, (_, i) => Math.sin(i)),
      );
      const scales = isChannelsFirst ? [1, 1, vertical, horizontal] : [1, vertical, horizontal, 1];
      return { input: isChannelsFirst ? [1, 1, 10, 10] : [1, 10, 10, 1], nodes, weights: { w, scales: floats([4], scales) }, opset: 18 };
    };
    const images = noise(2, [10, 10, 1]);
    const model = await load(graph(true));
    expectEqual(scoresOf(model, images), await reference(encode(graph(true)), images));
    if (mode === 'cubic') return;
    // onnxruntime resizes channels that come last as well.
    expectEqual(scoresOf(await load(graph(false)), images), Array.from(scoresOf(model, images).data));
  });

  it('nodes in any order', async () => {
    const nodes = [
      { op: 'Add', inputs: ['image', 'image'], outputs: ['twice'] },
      { op: 'Relu', inputs: ['twice'], outputs: ['positive'] },
      { op: 'Flatten', inputs: ['positive'], outputs: ['flat'] },
      { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['scores'] },
    ];
    const graph = { input: ['n', 1, 2, 2], nodes, weights: { w: floats([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) } };
    const [inOrder, reversed] = [await load(graph), await load({ ...graph, nodes: nodes.toReversed() })];
    const images = noise(2, [2, 2, 1]);
    expect(scoresOf(reversed, images)).toEqual(scoresOf(inOrder, images));
  });

  it('weights in a file beside, and nowhere else', async () => {
    const external = (location: string, offset: number) =>
      create(TensorProtoSchema, {
        dims: [4n, 3n],
        dataType: DataType.FLOAT,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: [
          { key: 'location', value: location },
          { key: 'offset', value: String(offset) },
        ],
      });
    const write = async (location: string, offset: number) => {
      const directory = await writeOnnx(join(root, String(count++)), { ...LINEAR, weights: { w: external(location, offset) } });
      await writeFile(join(directory, 'data.bin'), new Uint8Array(Float32Array.from([0, 0, ...MATRIX.floatData]).buffer));
      return loadModel({ directory, spec: FLAT });
    };
    expectEqual(scoresOf(await write('data.bin', 8), images), product());
    expect(await failure(write('data.bin', 12))).toMatchObject(refusal('INVALID_MODEL', /needs 48 bytes from 12 on/));
    expect(await failure(write('../data.bin', 0))).toMatchObject(refusal('INVALID_MODEL', /leads out of the model's folder/));
  });
});

describe('the importer refuses', () => {
  it.each<[string, Partial<GraphSpec>, Parameters<typeof refusal>]>([
    [
      'unknown operators, all at once',
      {
        nodes: [
          { op: 'Scan', inputs: ['image'], outputs: ['a'] },
          { op: 'MyAttention', inputs: ['a'], outputs: ['b'] },
          { op: 'Scan', inputs: ['b'], outputs: ['scores'] },
        ],
      },
      ['UNSUPPORTED_OPERATION', /no implementation of Scan \(2 times\), MyAttention/],
    ],
    ['an output that nothing computes', { outputs: { other: DataType.FLOAT } }, ['INVALID_MODEL', /Nothing computes the output other/]],
    [
      'a cycle',
      {
        nodes: [
          { op: 'Add', inputs: ['image', 'scores'], outputs: ['x'] },
          { op: 'Relu', inputs: ['x'], outputs: ['scores'] },
        ],
      },
      ['INVALID_MODEL', /Node Add_0 needs what it computes: the graph has a cycle/],
    ],
    [
      'batch normalisation in training mode, of operator set 14 and later',
      {
        opset: 17,
        nodes: [
          {
            op: 'BatchNormalization',
            inputs: ['image', 'one', 'one', 'one', 'one'],
            outputs: ['scores'],
            attributes: { training_mode: 1 },
          },
        ],
        weights: { one: floats([1], [1]) },
      },
      ['INVALID_MODEL', /BatchNormalization_0 \(BatchNormalization\) is in training mode.*Export after model\.eval\(\)/],
    ],
    [
      'batch normalisation in training mode, of operator sets before',
      {
        opset: 9,
        nodes: [{ op: 'BatchNormalization', inputs: ['image', 'one', 'one', 'one', 'one'], outputs: ['scores', 'mean', 'variance'] }],
        weights: { one: floats([1], [1]) },
      },
      ['INVALID_MODEL', /is in training mode/],
    ],
    [
      'a value of terabytes, from a file of bytes',
      {
        nodes: [
          { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['huge'] },
          { op: 'ReduceSum', inputs: ['huge'], outputs: ['sum'] },
          { op: 'Add', inputs: ['image', 'sum'], outputs: ['scores'] },
        ],
        weights: { shape: ints([1e6, 1e6]) },
      },
      ['LIMIT_EXCEEDED', /ConstantOfShape_0.*1000000, 1000000/],
    ],
    [
      'weights of terabytes, from a file of bytes',
      { weights: { w: create(TensorProtoSchema, { dims: [1000000n, 1000000n], dataType: DataType.FLOAT }) } },
      ['LIMIT_EXCEEDED', /declares 4000000000000 bytes/],
    ],
    ['weights that are cut short', { weights: { w: floats([4, 3], [1, 2]) } }, ['INVALID_MODEL', /declares 12 values and holds 2/]],
    ['weights that are NaN', { weights: { w: floats([4, 3], Array<number>(12).fill(NaN)) } }, ['INVALID_MODEL', /Weight w holds NaN/]],
    [
      'weights that are texts',
      { weights: { w: create(TensorProtoSchema, { dims: [12n], dataType: DataType.STRING }) } },
      ['UNSUPPORTED_OPERATION', /STRING/],
    ],
    ['shapes that do not fit', { weights: { w: floats([2, 2], [1, 2, 3, 4]) } }, ['INVALID_MODEL', /MatMul_0.*4 columns and of 2 rows/]],
    ['an operator set of long ago', { opset: 6 }, ['UNSUPPORTED_OPERATION', /operator set 6/]],
  ])('%s', async (_, change, [code, message]) => {
    expect(await failure(load({ ...LINEAR, ...change }, FLAT))).toMatchObject(refusal(code, message));
  });

  it('what is no ONNX file, or was cut', async () => {
    const whole = encode(LINEAR);
    for (const bytes of [new TextEncoder().encode('This is no model.'), whole.slice(0, whole.length / 2), new Uint8Array(0)]) {
      expect(await failure(load(bytes, FLAT))).toMatchObject({ code: 'INVALID_MODEL' });
    }
  });
});
