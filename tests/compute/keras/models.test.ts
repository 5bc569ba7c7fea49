/** How layers are connected, against tfjs-layers: models in models, shared layers, several outputs; and what is refused before memory is taken. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, model, sequential, type SymbolicTensor } from '../../tfjs-layers.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { DataflowNetwork } from '../../../src/compute/models/dataflow/network.js';
import { removeFinalSoftmax } from '../../../src/compute/models/keras/final-softmax.js';
import { layersModel } from '../../../src/compute/models/keras/index.js';
import { kerasLayers } from '../../../src/compute/models/keras/layers/index.js';
import { readNetwork } from '../../../src/compute/models/keras/read.js';
import { checkTopology, readTopology, type Topology } from '../../../src/compute/models/keras/topology.js';
import { DEFAULT_MODEL_LIMITS } from '../../../src/compute/models/types.js';
import { failure, refusal } from '../fixtures.js';
import { expectSameNetwork, functional, read, stacked } from './compared.js';

const IMAGE = [6, 6, 2];
const apply = (layer: layers.Layer, ...x: SymbolicTensor[]) => layer.apply(x.length > 1 ? x : x[0]!) as SymbolicTensor;
const conv = (name: string, filters = 3) => layers.conv2d({ name, filters, kernelSize: 3, padding: 'same' });

beforeAll(() => tf.setBackend('cpu').then(() => undefined));

describe('a network is what tfjs-layers makes of it', () => {
  it('with a Sequential inside a Sequential', () => {
    const inner = sequential({ layers: [layers.conv2d({ inputShape: IMAGE, filters: 3, kernelSize: 2 }), layers.batchNormalization({})] });
    expectSameNetwork(sequential({ layers: [inner as never, layers.flatten(), layers.dense({ units: 4 })] }));
  });

  it('with a functional model that is used twice', () => {
    const inner = functional([4, 4, 2], (x) => apply(layers.add(), apply(conv('inner', 2), x), x));
    expectSameNetwork(
      functional(IMAGE, (x) => {
        const small = apply(layers.conv2d({ name: 'a', filters: 2, kernelSize: 3 }), x);
        return apply(inner as never, apply(inner as never, small));
      }),
    );
  });

  it('with a layer that is shared by two branches, and branches that end nowhere', () => {
    const shared = conv('shared', 2);
    expectSameNetwork(
      functional(IMAGE, (x) => {
        apply(conv('unused'), x);
        const [once, twice] = [apply(shared, x), apply(shared, apply(shared, x))];
        return apply(layers.concatenate(), once, twice, apply(conv('other'), x));
      }),
    );
  });

  it('with frozen layers, whose weights come last', () => {
    const frozen = layers.conv2d({ name: 'frozen', filters: 3, kernelSize: 3, trainable: false });
    expectSameNetwork(
      stacked(IMAGE, frozen, layers.batchNormalization({ name: 'bn' }), layers.flatten(), layers.dense({ units: 2, name: 'out' })),
    );
  });

  it('with several outputs of a layer, and states given to another', () => {
    expectSameNetwork(
      functional([5, 4], (x) => {
        const options = { units: 3, recurrentInitializer: 'zeros' } as const;
        const [, ...states] = layers.lstm({ ...options, name: 'a', returnState: true }).apply(x) as SymbolicTensor[];
        return layers.lstm({ ...options, name: 'b' }).apply([x, ...states]) as SymbolicTensor;
      }),
    );
  });

  it('of any image size, which is filled in by the image', () => {
    const reference = model({
      ...(() => {
        const inputs = layers.inputLayer({ inputShape: [null, null, 2] as never, name: 'image' }).inboundNodes[0]!.outputTensors[0]!;
        return { inputs, outputs: apply(layers.globalAveragePooling2d({}), apply(conv('c'), inputs)) };
      })(),
    });
    const { network, running } = read(reference);
    expect([network.inputShape, network.outputShape]).toEqual([[null, null, 2], [3]]);
    tf.tidy(() => {
      const values = Object.fromEntries(Object.entries(network.shapes).map(([name, shape]) => [name, tf.ones([...shape])]));
      expect(running.apply(values, tf.ones([2, 7, 5, 2])).shape).toEqual([2, 3]);
    });
    reference.dispose();
  });
});

const ofLayers = (...list: { class_name: string; config: object }[]): Topology =>
  readTopology({
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: list.map(({ class_name, config }, i) => ({
        class_name,
        config: { name: `layer${i}`, ...(i === 0 ? { batch_input_shape: [null, 8, 8, 3] } : {}), ...config },
      })),
    },
  });

describe('a final softmax', () => {
  const dense = (activation: unknown) =>
    ofLayers({ class_name: 'Flatten', config: {} }, { class_name: 'Dense', config: { units: 2, activation } });
  const last = ({ config }: Topology) => (config['layers'] as Topology[]).at(-1)!.config['activation'];

  it.each(['softmax', 'Softmax', { class_name: 'softmax', config: {} }])('is removed however it is written: %j', (activation) => {
    const topology = dense(activation);
    expect(removeFinalSoftmax(topology)).toEqual({ output: 'LOGITS', isRemoved: true });
    expect(last(topology)).toBe('linear');
  });

  it('is removed where its axis is in a list, as Keras writes it', () => {
    const topology = ofLayers({ class_name: 'Flatten', config: {} }, { class_name: 'Softmax', config: { axis: [-1] } });
    expect(removeFinalSoftmax(topology)).toEqual({ output: 'LOGITS', isRemoved: true });
  });

  it('stays where its layer is called before the end too', () => {
    const shared = layers.dense({ name: 'shared', units: 3, activation: 'softmax' });
    const reference = functional([3], (x) => apply(shared, apply(shared, x)));
    const topology = readTopology(reference.toJSON(null, false) as Record<string, unknown>);
    expect(removeFinalSoftmax(topology)).toMatchObject({ output: 'PROBABILITIES' });
    expect(last(topology)).toBe('softmax');
    reference.dispose();
  });

  it('stays where a model that ends in it is called before the end too', () => {
    const inner = sequential({ name: 'inner', layers: [layers.dense({ inputShape: [3], units: 3, activation: 'softmax' })] });
    const reference = functional([3], (x) => apply(inner as never, apply(inner as never, x)));
    const topology = readTopology(reference.toJSON(null, false) as Record<string, unknown>);
    expect(removeFinalSoftmax(topology)).toMatchObject({ output: 'PROBABILITIES' });
    reference.dispose();
  });
});

it('weights that fit no layer are named, whatever their names', async () => {
  const topology = () => ofLayers({ class_name: 'Flatten', config: {} }, { class_name: 'Dense', config: { units: 2 } });
  const tensor = (...shape: number[]) => ({ dtype: 'float32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }) as const;
  const weights = { 'layer1/kernel': tensor(192, 2), 'layer1/bias': tensor(2) };
  for (const name of ['constructor', 'toString', 'layer1/cell/bias']) {
    const found = await failure(layersModel(topology(), { ...weights, [name]: tensor(2) }, {}));
    expect(found).toMatchObject(refusal('INVALID_MODEL', new RegExp(`weights fit no layer: ${name}`)));
  }
});

it('a slope by the name that Keras 3 gives it, and no slope of a ReLU', () => {
  const x = tf.tensor([-1, 1, -2, 2], [2, 2]);
  const network = (class_name: string, config: object) => {
    const { graph, trainable, inputShape, outputShape } = readNetwork(
      ofLayers({ class_name, config: { batch_input_shape: [null, 2], ...config } }),
      0,
      DEFAULT_MODEL_LIMITS,
    );
    const input = { layout: 'AS_IS', shape: inputShape, batch: null } as const;
    return new DataflowNetwork({ graph, variables: {}, trainable }, kerasLayers, input, { outputShape }, 100);
  };
  const leaky = network('LeakyReLU', { negative_slope: 0.5 }).apply({}, x as never);
  expect(Array.from(leaky.dataSync())).toEqual([-0.5, 1, -1, 2]);
  expect(
    Array.from(
      network('ReLU', { negative_slope: 0.5 })
        .apply({}, x as never)
        .dataSync(),
    ),
  ).toEqual([-0.5, 1, -1, 2]);
  expect(
    Array.from(
      network('ReLU', { negative_slope: 0, threshold: 0 })
        .apply({}, x as never)
        .dataSync(),
    ),
  ).toEqual([0, 1, 0, 2]);
  tf.dispose([x, leaky]);
});

describe('before memory is taken, the reader refuses', () => {
  const limits = DEFAULT_MODEL_LIMITS;
  const refused = (topology: Topology, budget = 1000) =>
    failure(Promise.resolve().then(() => (checkTopology(topology, limits), readNetwork(topology, budget, limits))));
  const conv3 = { class_name: 'Conv2D', config: { filters: 2, kernel_size: 3 } };

  it.each([
    [
      'more weights than there are',
      ofLayers({ class_name: 'Conv2D', config: { filters: 1e9, kernel_size: 3 } }),
      'INVALID_MODEL',
      /need more than the 1000 weights/,
    ],
    ['a kernel of text', ofLayers({ class_name: 'Conv2D', config: { filters: 2, kernel_size: 'large' } }), 'INVALID_MODEL', /kernel_size/],
    [
      'half a filter',
      ofLayers({ class_name: 'Conv2D', config: { filters: 0.5, kernel_size: 3 } }),
      'INVALID_MODEL',
      /layer0 \(Conv2D\): filters is 0.5/,
    ],
    [
      'negative strides',
      ofLayers({ class_name: 'Conv2D', config: { filters: 2, kernel_size: 3, strides: -1 } }),
      'INVALID_MODEL',
      /strides is -1/,
    ],
    [
      'strides beside dilations',
      ofLayers({ class_name: 'Conv2D', config: { filters: 2, kernel_size: 3, strides: 2, dilation_rate: 2 } }),
      'INVALID_MODEL',
      /dilations of 2 and 2 with strides of 2,2/,
    ],
    [
      'a padding that is not known',
      ofLayers({ class_name: 'Conv2D', config: { filters: 2, kernel_size: 3, padding: 'some' } }),
      'INVALID_MODEL',
      /padding is some/,
    ],
    [
      'a layer that leaves nothing',
      ofLayers(conv3, { class_name: 'Cropping2D', config: { cropping: 4 } }),
      'INVALID_MODEL',
      /would output \[.*-2, -2, 2\]/,
    ],
    ['a layer on too few axes', ofLayers({ class_name: 'Flatten', config: {} }, conv3), 'INVALID_MODEL', /has 2 axes/],
    [
      'an image as large as a layer may not be',
      ofLayers({ class_name: 'UpSampling2D', config: { size: 1e5 } }),
      'LIMIT_EXCEEDED',
      /Layer layer0 outputs/,
    ],
    [
      'a sequence of a million steps',
      ofLayers({ class_name: 'Reshape', config: { target_shape: [192, 1] } }, { class_name: 'RepeatVector', config: { n: 1e6 } }),
      'INVALID_MODEL',
      /3 axes/,
    ],
    ['a wrapper around nothing', ofLayers({ class_name: 'TimeDistributed', config: {} }), 'INVALID_MODEL', /wraps no layer/],
    [
      'a network in a wrapper',
      ofLayers({ class_name: 'TimeDistributed', config: { layer: { class_name: 'Sequential', config: {} } } }),
      'UNSUPPORTED_OPERATION',
      /TimeDistributed around a whole model.*GraphModel.*ONNX/,
    ],
    [
      'all that is unknown, in one message',
      ofLayers(
        { class_name: 'Lambda', config: {} },
        { class_name: 'RNN', config: { cell: { class_name: 'MyCell', config: {} } } },
        { class_name: 'MyLayer', config: {} },
      ),
      'UNSUPPORTED_OPERATION',
      /layer layer0 \(Lambda\), cell MyCell, layer MyLayer\. A Lambda holds Python code/,
    ],
  ] as const)('%s', async (_, topology, code, message) => {
    expect(await refused(topology)).toMatchObject(refusal(code, message));
  });

  it('a recurrent layer of more steps than a model may have layers', async () => {
    const sequence = { class_name: 'Reshape', config: { batch_input_shape: [null, 100, 100, 1], target_shape: [10_000, 1] } };
    const topology = ofLayers(sequence, { class_name: 'LSTM', config: { units: 2 } });
    expect(await refused(topology)).toMatchObject(refusal('LIMIT_EXCEEDED', /has 10000 steps/));
  });

  it('models that call others twice, which do so too', async () => {
    const image = { class_name: 'InputLayer', name: 'image', config: { name: 'image', batch_input_shape: [null, 8] }, inbound_nodes: [] };
    const from = (name: string, node: number) => [[name, node, 0, {}]];
    const doubled = (inner: object, depth: number): object => ({
      class_name: 'Functional',
      name: `level${depth}`,
      inbound_nodes: [],
      config: {
        name: `level${depth}`,
        layers: [image, { ...inner, name: 'inner', inbound_nodes: [from('image', 0), from('inner', 1)] }],
        input_layers: [['image', 0, 0]],
        output_layers: [['inner', 2, 0]],
      },
    });
    let network: object = {
      class_name: 'Functional',
      config: { name: 'same', layers: [image], input_layers: [['image', 0, 0]], output_layers: [['image', 0, 0]] },
    };
    for (let depth = 0; depth < 40; depth++) network = doubled(network, depth);
    expect(await refused(readTopology(network as Record<string, unknown>))).toMatchObject(
      refusal('LIMIT_EXCEEDED', /calls more than 5000/),
    );
  });

  it('nothing about a network of thousands of layers', () => {
    const input = { name: 'image', class_name: 'InputLayer', config: { name: 'image', batch_input_shape: [null, 8] }, inbound_nodes: [] };
    const chain = Array.from({ length: 4900 }, (_, i) => ({
      name: `l${i}`,
      class_name: 'Activation',
      config: { name: `l${i}`, activation: 'tanh' },
      inbound_nodes: [[[i === 0 ? 'image' : `l${i - 1}`, 0, 0, {}]]],
    }));
    const config = { name: 'deep', layers: [input, ...chain], input_layers: [['image', 0, 0]], output_layers: [['l4899', 0, 0]] };
    expect(readNetwork(readTopology({ class_name: 'Model', config }), 0, limits).graph.nodes).toHaveLength(4900);
  });

  it('random layers, in training alone', async () => {
    const topology = ofLayers({ class_name: 'GaussianNoise', config: { stddev: 1 } }, { class_name: 'Flatten', config: {} });
    const noisy = await layersModel(topology, {}, {});
    tf.tidy(() => {
      expect(noisy.apply({}, tf.ones([2, 8, 8, 3])).shape).toEqual([2, 192]);
      expect(() => noisy.applyTraining({}, tf.ones([2, 8, 8, 3]))).toThrow(/random layers: GaussianNoise/);
    });
  });
});
