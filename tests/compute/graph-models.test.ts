/** TensorFlow.js GraphModels: scores and gradients of fused and unfused operators, and files that are refused. */
import { join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { computeOn, toHost, toHosts, toTensor, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { compileWithModel } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { testEngine } from '../test-engine.js';
import { failure, noise, refusal, temporaryDirectory } from './fixtures.js';
import { graphModel, numbers, text, texts, writeFiles, type GraphModelSpec, type NodeDef, type Weight } from './graph-files.js';

const root = await temporaryDirectory();
let count = 0;

async function load(spec: GraphModelSpec): Promise<DifferentiableModel> {
  return loadModel({ directory: await writeFiles(join(root, String(count++)), graphModel(spec)) });
}

const waves = (...shape: number[]): Weight => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + size) / 2) };
};
const int = (...values: number[]): Weight => ({ shape: [values.length], values, dtype: 'int32' });

const CONVOLUTION = { strides: numbers(1, 2, 2, 1), dilations: numbers(1, 1, 1, 1), padding: text('SAME') };

const fusedWith = (...parts: string[]) => ({ fused_ops: texts(...parts), num_args: { i: '1' } });

/** An image of 6 by 6 pixels and 2 channels, to 3 scores by way of the given nodes, which end in `features`, of `channels` channels. */
function network(nodes: readonly NodeDef[], weights: GraphModelSpec['weights'], channels: number): GraphModelSpec {
  return {
    input: [-1, 6, 6, 2],
    nodes: [
      // Out of order: nodes may come before what they read.
      { name: 'scores', op: '_FusedMatMul', input: ['pooled', 'dense', 'bias'], attr: fusedWith('BiasAdd') },
      { name: 'probabilities', op: 'Softmax', input: ['scores'] },
      { name: 'pooled', op: 'Mean', input: ['features', 'pixels'] },
      ...nodes,
    ],
    weights: { ...weights, pixels: int(1, 2), dense: waves(channels, 3), bias: waves(3) },
  };
}

/** TensorFlow.js' own importer, which has no gradients. */
async function reference(spec: GraphModelSpec, images: HostTensor): Promise<Float32Array> {
  const files = graphModel(spec);
  const json = JSON.parse(Buffer.from(files['model.json']!).toString());
  await tf.setBackend('cpu');
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: new Uint8Array(files['group1-shard1of1.bin']!).buffer,
    }),
  });
  const scores = tf.tidy(() => (model.predict(toTensor(images)) as tf.Tensor).dataSync().slice());
  model.dispose();
  return scores as Float32Array;
}

/** Slope of a weighted sum of the scores along its own gradient, by differences, as a share of the gradient's length. */
function measuredSlope(model: DifferentiableModel, images: HostTensor): number {
  return computeOn('cpu', () => {
    const variables = toTensors(model.variables);
    const value = (x: tf.Tensor) => tf.sum(tf.mul(model.apply(variables, x as tf.Tensor4D), tf.tensor1d([1, -2, 0.5]))) as tf.Scalar;
    const x = toTensor(images);
    const gradient = tf.grad(value)(x);
    const length = tf.norm(gradient).dataSync()[0]!;
    const step = tf.mul(gradient, 1e-2 / length);
    return (value(tf.add(x, step)).dataSync()[0]! - value(tf.sub(x, step)).dataSync()[0]!) / 2e-2 / length;
  });
}

describe('scores are those of TensorFlow.js, gradients those of finite differences', () => {
  it.each<[string, GraphModelSpec]>([
    [
      'a fused convolution with a bias and an activation',
      network(
        [
          {
            name: 'features',
            op: '_FusedConv2D',
            input: ['image', 'filter', 'shift'],
            attr: { ...CONVOLUTION, ...fusedWith('BiasAdd', 'Elu') },
          },
        ],
        { filter: waves(3, 3, 2, 4), shift: waves(4) },
        4,
      ),
    ],
    [
      'a fused depthwise convolution, with padding given by the numbers',
      network(
        [
          {
            name: 'features',
            op: 'FusedDepthwiseConv2dNative',
            input: ['image', 'filter', 'shift'],
            attr: {
              ...CONVOLUTION,
              padding: text('EXPLICIT'),
              explicit_paddings: numbers(0, 0, 0, 1, 1, 1, 0, 0),
              ...fusedWith('BiasAdd', 'Elu'),
            },
          },
        ],
        { filter: waves(3, 3, 2, 2), shift: waves(4) },
        4,
      ),
    ],
    [
      'batch norm, slices, pieces that are joined, and shape arithmetic',
      network(
        [
          { name: 'norm', op: 'FusedBatchNormV3', input: ['image', 'gamma', 'beta', 'mean', 'variance'], attr: { epsilon: { f: 0.001 } } },
          { name: 'pieces', op: 'Split', input: ['axis', 'norm'], attr: { num_split: { i: '2' } } },
          { name: 'curved', op: 'Tanh', input: ['pieces:1'] },
          { name: 'joined', op: 'ConcatV2', input: ['pieces', 'curved', 'axis'] },
          {
            name: 'every',
            op: 'StridedSlice',
            input: ['joined', 'from', 'to', 'by'],
            attr: { begin_mask: { i: '1' }, end_mask: { i: '15' } },
          },
          { name: 'shape', op: 'Shape', input: ['every'] },
          { name: 'batch', op: 'StridedSlice', input: ['shape', 'zero', 'one', 'one'], attr: { shrink_axis_mask: { i: '1' } } },
          { name: 'packed', op: 'Pack', input: ['batch', 'six', 'one_', 'two'] },
          { name: 'features', op: 'Reshape', input: ['every', 'packed'] },
        ],
        {
          gamma: waves(2),
          beta: waves(2),
          mean: waves(2),
          variance: { shape: [2], values: [0.5, 2] },
          axis: { shape: [], values: [3], dtype: 'int32' },
          from: int(0, 0, 1, 0),
          to: int(0, 0, 0, 0),
          by: int(1, 2, 3, 1),
          zero: int(0),
          one: int(1),
          six: { shape: [], values: [6], dtype: 'int32' },
          one_: { shape: [], values: [1], dtype: 'int32' },
          two: { shape: [], values: [2], dtype: 'int32' },
        },
        2,
      ),
    ],
  ])('%s', async (_, spec) => {
    const model = await load(spec);
    const images = noise(3, [6, 6, 2]);
    const probabilities = computeOn('cpu', () =>
      toHost(tf.softmax(model.apply(toTensors(model.variables), toTensor(images) as tf.Tensor4D))),
    );
    expect(model.output).toBe('LOGITS');
    for (const [i, value] of (await reference(spec, images)).entries()) expect(probabilities.data[i]).toBeCloseTo(value, 5);
    expect(measuredSlope(model, images)).toBeCloseTo(1, 2);
  });
});

it('training moves the statistics of batch norms, and changes the weights alone by gradient', async () => {
  const weights = { gamma: waves(2), beta: waves(2), mean: waves(2), variance: { shape: [2], values: [0.5, 2] } };
  const node = { name: 'features', op: 'FusedBatchNormV3', input: ['image', 'gamma', 'beta', 'mean', 'variance'] };
  const model = await load(network([node], weights, 2));
  const images = noise(4, [6, 6, 2]);
  expect([...model.trainable].sort()).toEqual(['beta', 'bias', 'dense', 'gamma']);
  const updates = computeOn('cpu', () => toHosts(model.applyTraining(toTensors(model.variables), toTensor(images) as tf.Tensor4D).updates));
  expect(Object.keys(updates).sort()).toEqual(['mean', 'variance']);
});

/** Gradient of a weighted sum of the scores. */
async function slopeAt(spec: GraphModelSpec, images: HostTensor): Promise<Float32Array> {
  const model = await load(spec);
  const compiled = await compileWithModel(
    await testEngine(),
    model,
    'slope',
    { images: { dtype: 'float32', shape: model.spec.inputShape } },
    (scores, { images: x }) => ({
      slope: tf.grad((z) => tf.sum(tf.mul(scores(z as tf.Tensor4D), tf.tensor1d([1, -2, 0.5]))))(x!),
    }),
  );
  return (await compiled.run({ images })).slope!.data as Float32Array;
}

describe('gradients where they are easily lost', () => {
  const black: HostTensor = { dtype: 'float32', shape: [2, 6, 6, 2], data: new Float32Array(144) };
  const one = (value: number): Weight => ({ shape: [], values: [value] });
  const square = { name: 'square', op: 'Square', input: ['image'] };
  const keep = { keep_dims: { b: true } };
  const sum = { name: 'sum', op: 'Sum', input: ['square', 'channel'], attr: keep };
  const weights = { channel: int(3), half: one(0.5), third: one(1 / 3), tiny: one(1e-12) };

  it.each([
    ['tf.norm', [square, sum, { name: 'features', op: 'Sqrt', input: ['sum'] }], 1],
    ['a norm as one operator', [{ name: 'features', op: 'EuclideanNorm', input: ['image', 'channel'], attr: keep }], 1],
    ['a norm as a power', [square, sum, { name: 'features', op: 'Pow', input: ['sum', 'half'] }], 1],
    ['a cubic root of squares', [square, sum, { name: 'features', op: 'Pow', input: ['sum', 'third'] }], 1],
  ] as const)('%s has the slope 0 at zero', async (_, nodes, channels) => {
    const slope = await slopeAt(network(nodes, weights, channels), black);
    expect(Array.from(slope)).toEqual(Array.from({ length: 144 }, () => 0));
  });

  it('tf.math.l2_normalize has the slope of a division by its smallest norm at zero', async () => {
    const nodes = [
      square,
      sum,
      { name: 'largest', op: 'Maximum', input: ['sum', 'tiny'] },
      { name: 'inverse', op: 'Rsqrt', input: ['largest'] },
      { name: 'features', op: 'Mul', input: ['image', 'inverse'] },
    ];
    const found = await slopeAt(network(nodes, weights, 2), black);
    const plain = await slopeAt(network([{ name: 'features', op: 'Identity', input: ['image'] }], weights, 2), black);
    for (const [i, value] of found.entries()) expect(value / 1e6).toBeCloseTo(plain[i]!, 5);
  });

  it('a mask lets the slopes of what it chooses through', async () => {
    const nodes = [
      { name: 'mask', op: 'Greater', input: ['image', 'half'] },
      { name: 'inner', op: 'LessEqual', input: ['image', 'third'] },
      { name: 'either', op: 'LogicalOr', input: ['mask', 'inner'] },
      { name: 'outer', op: 'LogicalNot', input: ['either'] },
      { name: 'features', op: 'SelectV2', input: ['outer', 'square', 'image'] },
      square,
    ];
    const images = noise(2, [6, 6, 2]);
    const found = await slopeAt(network(nodes, weights, 2), images);
    const plain = await slopeAt(network([{ name: 'features', op: 'Identity', input: ['image'] }], weights, 2), images);
    for (const [i, x] of images.data.entries()) {
      const isMiddle = x > Math.fround(1 / 3) && x <= 0.5;
      expect(found[i]).toBeCloseTo(isMiddle ? 2 * x * plain[i]! : plain[i]!, 5);
    }
  });
});

describe('branches and functions', () => {
  const condition = (name: string, operator: string): NodeDef[] => [
    { name: 'shape', op: 'Shape', input: ['image'] },
    { name: 'rows', op: 'StridedSlice', input: ['shape', 'one', 'two', 'one'], attr: { shrink_axis_mask: { i: '1' } } },
    { name, op: operator, input: ['rows', 'limit'] },
  ];
  const weights = { one: int(1), two: int(2), limit: { shape: [], values: [5], dtype: 'int32' } as Weight };

  it.each([
    ['Greater', 'Relu'],
    ['Less', 'Square'],
  ])('of the branches of a condition by the size (%s) one is run', async (operator, taken) => {
    const branches = [
      ...condition('is-large', operator),
      { name: 'switch', op: 'Switch', input: ['image', 'is-large'] },
      { name: 'large', op: 'Relu', input: ['switch:1'] },
      // Would fail where the image is as it is.
      { name: 'cut', op: 'Reshape', input: ['switch', operator === 'Greater' ? 'two' : 'shape'] },
      { name: 'small', op: 'Square', input: ['cut'] },
      { name: 'features', op: 'Merge', input: ['small', 'large'] },
    ];
    const images = noise(2, [6, 6, 2]);
    const expected = await slopeAt(network([{ name: 'features', op: taken, input: ['image'] }], {}, 2), images);
    expect(await slopeAt(network(branches, weights, 2), images)).toEqual(expected);
  });

  it('a branch by the pixels is refused with its node', async () => {
    const nodes = [
      { name: 'mean', op: 'Mean', input: ['image', 'all'] },
      { name: 'is-bright', op: 'Greater', input: ['mean', 'half'] },
      { name: 'switch', op: 'Switch', input: ['image', 'is-bright'] },
      { name: 'bright', op: 'Relu', input: ['switch:1'] },
      { name: 'features', op: 'Merge', input: ['switch', 'bright'] },
    ];
    const spec = network(nodes, { all: int(0, 1, 2, 3), half: { shape: [], values: [0.5] } }, 2);
    expect(await failure(load(spec))).toMatchObject(
      refusal('UNSUPPORTED_OPERATION', /Node switch \(Switch\) branches by is-bright.*pixels/),
    );
  });

  it('a list of a billion values is refused before there is one', async () => {
    const nodes = [
      { name: 'list', op: 'TensorListReserve', input: ['one', 'count'] },
      { name: 'stack', op: 'TensorListStack', input: ['list', 'one'] },
      { name: 'both', op: 'Switch', input: ['stack', 'yes'] },
      { name: 'features', op: 'Add', input: ['image', 'both:1'] },
    ];
    const count: Weight = { shape: [], values: [1e9], dtype: 'int32' };
    const spec = network(nodes, { one: int(1), count, yes: { shape: [], values: [1], dtype: 'int32' } }, 2);
    expect(await failure(load(spec))).toMatchObject(refusal('LIMIT_EXCEEDED', /more than \d+ nodes/));
  });

  it('a batch normalization in training mode is refused by name', async () => {
    const nodes = [
      {
        name: 'features',
        op: 'FusedBatchNormV3',
        input: ['image', 'gamma', 'beta', 'mean', 'variance'],
        attr: { is_training: { b: true } },
      },
    ];
    const ones = { shape: [2], values: [1, 1] };
    const spec = network(nodes, { gamma: ones, beta: ones, mean: ones, variance: ones }, 2);
    expect(await failure(load(spec))).toMatchObject(refusal('UNSUPPORTED_OPERATION', /Node features .*training mode.*training=False/));
  });
});

describe('files that are refused', () => {
  const filter = { filter: waves(3, 3, 2, 4) };
  const convolution = (attr: NodeDef['attr']) => ({
    name: 'features',
    op: 'Conv2D',
    input: ['image', 'filter'],
    attr: { ...CONVOLUTION, ...attr },
  });

  it.each<[string, GraphModelSpec, Parameters<typeof refusal>]>([
    [
      'unknown operators, all at once',
      network(
        [
          { name: 'a', op: 'SparseFillEmptyRows', input: ['image'] },
          { name: 'features', op: 'HashTableV2', input: ['a'] },
        ],
        {},
        4,
      ),
      ['UNSUPPORTED_OPERATION', /HashTableV2.*SparseFillEmptyRows|SparseFillEmptyRows.*HashTableV2/],
    ],
    [
      'a cycle',
      network(
        [
          { name: 'a', op: 'Relu', input: ['features'] },
          { name: 'features', op: 'Relu', input: ['a'] },
        ],
        {},
        4,
      ),
      ['INVALID_MODEL', /cycle/],
    ],
    [
      'a value of terabytes',
      network(
        [
          { name: 'huge', op: 'Fill', input: ['size', 'zero'] },
          { name: 'sum', op: 'Sum', input: ['huge', 'pixels'] },
          { name: 'features', op: 'Add', input: ['image', 'sum'] },
        ],
        { size: int(1e6, 1e6, 1), zero: { shape: [], values: [0] } },
        2,
      ),
      ['LIMIT_EXCEEDED', /1000000, 1000000/],
    ],
    ['strides of 0', network([convolution({ strides: numbers(1, 0, 0, 1) })], filter, 4), ['INVALID_MODEL', /strides is \[1, 0, 0, 1\]/]],
    [
      'channels in front',
      network([convolution({ data_format: text('NCHW') })], filter, 4),
      ['UNSUPPORTED_OPERATION', /channels before pixels/],
    ],
    ['a filter for other channels', network([convolution({})], { filter: waves(3, 3, 5, 4) }, 4), ['INVALID_MODEL', /features \(Conv2D\)/]],
  ])('%s', async (_, spec, [code, message]) => {
    expect(await failure(load(spec))).toMatchObject(refusal(code, message));
  });
});
