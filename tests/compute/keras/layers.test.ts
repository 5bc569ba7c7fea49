/** Every layer class against tfjs-layers: outputs, input gradients and names of weights. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type LayersModel, type SymbolicTensor } from '../../tfjs-layers.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeOn } from '../../../src/compute/engine/tensorflow.js';
import { inexactOperators } from '../../../src/compute/models/dataflow/inexact.js';
import { HARD_SIGMOID_3 } from '../../../src/compute/models/keras/added-settings.js';
import { activations } from '../../../src/compute/models/keras/layers/activations.js';
import { kerasLayers } from '../../../src/compute/models/keras/layers/index.js';
import { allLayers, readTopology } from '../../../src/compute/models/keras/topology.js';
import { expectClose, expectSameNetwork, functional, type Layer, normal, read, stacked } from './compared.js';

const IMAGE = [6, 7, 3];
const SEQUENCE = [5, 4];
const VOLUME = [4, 5, 4, 2];
const CLIP = [3, 6, 5, 2];
const FIRST = { dataFormat: 'channelsFirst' } as const;

interface Case {
  readonly build: () => LayersModel;
  readonly options?: Parameters<typeof expectSameNetwork>[1];
}

const one = (shape: number[], make: () => Layer, options?: Case['options']): Case => ({ build: () => stacked(shape, make()), options });

/** Two branches of an image, of which the second is a single channel. */
const merging = (make: () => Layer, channels = 2): Case => ({
  build: () =>
    functional(IMAGE, (x) => {
      const branch = (filters: number) => layers.conv2d({ filters, kernelSize: 1 }).apply(x) as SymbolicTensor;
      return make().apply([branch(2), branch(channels), branch(2)]) as SymbolicTensor;
    }),
});

const dotting = (first: number[], second: number[], axes: number | [number, number], normalize = false): Case => ({
  build: () =>
    functional([24], (x) => {
      const shaped = (targetShape: number[]) =>
        layers.reshape({ targetShape }).apply(layers.dense({ units: targetShape.reduce((a, b) => a * b) }).apply(x)) as SymbolicTensor;
      return layers.dot({ axes, normalize }).apply([shaped(first), shaped(second)]) as SymbolicTensor;
    }),
});

/** Two steps of five without values. */
const withGaps = (x: tf.Tensor) => tf.mul(x, tf.tensor([1, 1, 0, 1, 0], [1, 5, 1]));
const whole = (x: tf.Tensor) => tf.floor(tf.clipByValue(tf.abs(tf.mul(x, 3)), 0, 6));
// The orthogonal initializer takes operations that tfjs-core does not load by itself.
const recurrentInitializer = 'zeros' as const;
const recurrentOptions = { units: 4, name: 'rnn', recurrentInitializer };

const CASES: Readonly<Record<string, Case>> = {
  'Dense with a fused activation': one([9], () => layers.dense({ units: 4, activation: 'relu', name: 'a' })),
  'Dense with another, on a sequence': one(SEQUENCE, () => layers.dense({ units: 4, activation: 'tanh' })),
  'Dense without bias, frozen': one([9], () => layers.dense({ units: 4, useBias: false, trainable: false })),
  'Conv1D, same, strided': one(SEQUENCE, () =>
    layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'elu' }),
  ),
  'Conv1D, dilated': one(SEQUENCE, () => layers.conv1d({ filters: 3, kernelSize: 2, dilationRate: 3 }), { gradient: false }),
  'Conv2D, valid, strided': one(IMAGE, () => layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 1], activation: 'selu' })),
  'Conv2D, channels first': one([3, 6, 7], () =>
    layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', ...FIRST }),
  ),
  'Conv2D, dilated': one(IMAGE, () => layers.conv2d({ filters: 4, kernelSize: 2, dilationRate: [2, 3] }), { gradient: false }),
  Conv3D: one(VOLUME, () => layers.conv3d({ filters: 3, kernelSize: 2, strides: [1, 2, 1], padding: 'same' })),
  'Conv3D, channels first': one([2, 4, 5, 4], () => layers.conv3d({ filters: 3, kernelSize: 2, activation: 'relu', ...FIRST })),
  'Conv2DTranspose, valid': one(IMAGE, () => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, activation: 'relu' })),
  'Conv2DTranspose, same, channels first': one([3, 4, 5], () =>
    layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', ...FIRST }),
  ),
  Conv3DTranspose: one([3, 3, 2, 2], () => layers.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2 }) as Layer, { gradient: false }),
  DepthwiseConv2D: one(IMAGE, () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'relu6' })),
  'DepthwiseConv2D, channels first': one([3, 6, 7], () => layers.depthwiseConv2d({ kernelSize: 2, strides: 2, ...FIRST })),
  SeparableConv2D: one(IMAGE, () => layers.separableConv2d({ filters: 4, kernelSize: 3, activation: 'softplus' })),
  MaxPooling1D: one(SEQUENCE, () => layers.maxPooling1d({ poolSize: 2, strides: 2, padding: 'same' })),
  AveragePooling1D: one(SEQUENCE, () => layers.averagePooling1d({ poolSize: 3, strides: 1 })),
  MaxPooling2D: one(IMAGE, () => layers.maxPooling2d({ poolSize: [2, 3] })),
  'MaxPooling2D, channels first': one([3, 6, 7], () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same', ...FIRST })),
  AveragePooling2D: one(IMAGE, () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  MaxPooling3D: one(VOLUME, () => layers.maxPooling3d({ poolSize: 2 })),
  AveragePooling3D: one(VOLUME, () => layers.averagePooling3d({ poolSize: 2, strides: 1, padding: 'same' })),
  GlobalAveragePooling1D: one(SEQUENCE, () => layers.globalAveragePooling1d({})),
  GlobalAveragePooling2D: one([3, 6, 7], () => layers.globalAveragePooling2d({ ...FIRST })),
  GlobalMaxPooling1D: one(SEQUENCE, () => layers.globalMaxPooling1d({})),
  GlobalMaxPooling2D: one(IMAGE, () => layers.globalMaxPooling2d({})),
  Cropping2D: one(IMAGE, () =>
    layers.cropping2D({
      cropping: [
        [1, 0],
        [2, 1],
      ],
    }),
  ),
  ZeroPadding2D: one(IMAGE, () =>
    layers.zeroPadding2d({
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
  ),
  'ZeroPadding2D, channels first': one([3, 6, 7], () => layers.zeroPadding2d({ padding: 2, ...FIRST })),
  // The gradient of TensorFlow.js is wrong where images are not square.
  'UpSampling2D, nearest': one(IMAGE, () => layers.upSampling2d({ size: [2, 3] }), { gradient: false }),
  'UpSampling2D, bilinear, channels first': one([3, 4, 4], () =>
    layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear', ...FIRST }),
  ),
  BatchNormalization: one(IMAGE, () => layers.batchNormalization({ axis: -1 })),
  'BatchNormalization in training': one(IMAGE, () => layers.batchNormalization({}), { training: true }),
  LayerNormalization: one(IMAGE, () => layers.layerNormalization({})),
  'LayerNormalization of two axes': one(IMAGE, () => layers.layerNormalization({ axis: [1, 3] })),
  LeakyReLU: one(IMAGE, () => layers.leakyReLU({ alpha: 0.2 })),
  PReLU: one(IMAGE, () => layers.prelu({ sharedAxes: [1, 2] })),
  'PReLU of every value': one(IMAGE, () => layers.prelu({})),
  ELU: one(IMAGE, () => layers.elu({})),
  ReLU: one(IMAGE, () => layers.reLU({ maxValue: 1 })),
  ThresholdedReLU: one(IMAGE, () => layers.thresholdedReLU({ theta: 0.5 }), { gradient: false }),
  Softmax: one(IMAGE, () => layers.softmax({ axis: 3 })),
  Flatten: one(IMAGE, () => layers.flatten()),
  'Flatten, channels first': one([3, 6, 7], () => layers.flatten({ ...FIRST })),
  Reshape: one(IMAGE, () => layers.reshape({ targetShape: [3, -1, 2] })),
  Permute: one(IMAGE, () => layers.permute({ dims: [3, 1, 2] })),
  RepeatVector: one([5], () => layers.repeatVector({ n: 3 })),
  Dropout: one(IMAGE, () => layers.dropout({ rate: 0.5 })),
  SpatialDropout1D: one(SEQUENCE, () => layers.spatialDropout1d({ rate: 0.5 })),
  GaussianNoise: one(IMAGE, () => layers.gaussianNoise({ stddev: 1 })),
  GaussianDropout: one(IMAGE, () => layers.gaussianDropout({ rate: 0.5 })),
  AlphaDropout: one(IMAGE, () => layers.alphaDropout({ rate: 0.5 })),
  Embedding: one([5], () => layers.embedding({ inputDim: 7, outputDim: 3 }), { gradient: false, images: whole }),
  Rescaling: one(IMAGE, () => layers.rescaling({ scale: 2, offset: -1 })),
  CenterCrop: one(IMAGE, () => layers.centerCrop({ height: 4, width: 3 }), { gradient: false }),
  CategoryEncoding: one([5], () => layers.categoryEncoding({ numTokens: 8, outputMode: 'multiHot' }), { gradient: false, images: whole }),
  Add: merging(() => layers.add(), 1),
  Average: merging(() => layers.average()),
  Concatenate: merging(() => layers.concatenate(), 3),
  'Concatenate along another axis': merging(() => layers.concatenate({ axis: 1 })),
  Maximum: merging(() => layers.maximum()),
  Minimum: merging(() => layers.minimum()),
  Multiply: merging(() => layers.multiply(), 1),
  'Multiply of different ranks': {
    build: () =>
      functional(IMAGE, (x) => {
        const gates = layers.dense({ units: 3 }).apply(layers.globalMaxPooling2d({}).apply(x)) as SymbolicTensor;
        return layers.multiply().apply([x, gates]) as SymbolicTensor;
      }),
  },
  'Dot of vectors': dotting([6], [6], -1),
  'Dot of vectors of length 1': dotting([6], [6], 1, true),
  'Dot of matrices': dotting([4, 3], [3, 5], [2, 1]),
  'Dot of matrices along other axes': dotting([4, 3], [4, 5], 1, true),
  SimpleRNN: one(SEQUENCE, () => layers.simpleRNN({ ...recurrentOptions, returnSequences: true })),
  GRU: one(SEQUENCE, () => layers.gru({ ...recurrentOptions, goBackwards: true })),
  'GRU with its sequence': one(SEQUENCE, () => layers.gru({ ...recurrentOptions, returnSequences: true, useBias: false })),
  LSTM: one(SEQUENCE, () => layers.lstm(recurrentOptions)),
  'LSTM with other gates': one(SEQUENCE, () => layers.lstm({ ...recurrentOptions, recurrentActivation: 'sigmoid', returnSequences: true })),
  'Masking of an LSTM': {
    build: () => stacked(SEQUENCE, layers.masking({ maskValue: 0 }), layers.lstm({ ...recurrentOptions, returnSequences: true })),
    options: { gradient: false, images: withGaps },
  },
  'Masking of an LSTM behind layers that pass it on': {
    build: () =>
      stacked(
        SEQUENCE,
        layers.masking({ maskValue: 0 }),
        layers.leakyReLU({}),
        layers.elu({}),
        layers.thresholdedReLU({ theta: -1 }),
        layers.bidirectional({
          layer: layers.gru({ ...recurrentOptions, name: 'both', returnSequences: true }) as never,
          mergeMode: 'sum',
        }),
        layers.lstm(recurrentOptions),
      ),
    options: { gradient: false, images: withGaps },
  },
  ConvLSTM2D: one(CLIP, () =>
    layers.convLstm2d({ recurrentInitializer, filters: 3, kernelSize: 3, padding: 'same', returnSequences: true }),
  ),
  'ConvLSTM2D, valid': one(CLIP, () => layers.convLstm2d({ recurrentInitializer, filters: 2, kernelSize: 2 })),
  'RNN of a cell': one(SEQUENCE, () => layers.rnn({ cell: layers.gruCell({ units: 3, recurrentInitializer }), returnSequences: true })),
  'RNN of stacked cells': one(SEQUENCE, () =>
    layers.rnn({
      cell: layers.stackedRNNCells({
        cells: [
          layers.lstmCell({ units: 3, recurrentInitializer }),
          layers.simpleRNNCell({ units: 4, recurrentInitializer }),
          layers.gruCell({ units: 2, recurrentInitializer }),
        ],
      }) as never,
    }),
  ),
  Bidirectional: one(SEQUENCE, () =>
    layers.bidirectional({ layer: layers.lstm({ ...recurrentOptions, returnSequences: true }) as never, mergeMode: 'concat' }),
  ),
  'Bidirectional, averaged': one(SEQUENCE, () => layers.bidirectional({ layer: layers.gru(recurrentOptions) as never, mergeMode: 'ave' })),
  TimeDistributed: one(CLIP, () => layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 2 }), name: 'steps' })),
};

/** Classes that only the activations below and tests elsewhere use, beside those that are compared with Keras. */
const ELSEWHERE = ['Activation', 'Divide', 'GroupQueryAttention', 'ReluDecay'];

/** Without effect in predictions. */
const isAugmentation = (name: string) => kerasLayers[name]!.randomInTraining !== undefined;

const comparedWithKeras = gunzipSync(await readFile('tests/fixtures/keras/networks.json.gz')).toString();

/** Those that tfjs-layers has; the others are compared with Keras. */
const ACTIVATIONS = Object.keys(activations).filter(
  (name) => !['gelu_new', HARD_SIGMOID_3].includes(name) && !comparedWithKeras.includes(`act_${name}, Keras 3`),
);

describe('a layer computes what tfjs-layers computes', () => {
  beforeAll(() => tf.setBackend('cpu').then(() => undefined));

  it.each(Object.entries(CASES))('%s', (_, { build, options }) => expectSameNetwork(build(), options));

  it.each(ACTIVATIONS)('the activation %s', (name) => {
    const activation = name.replace(/_([a-z])/g, (__, letter: string) => letter.toUpperCase()) as 'relu';
    expectSameNetwork(stacked([3, 9], layers.dense({ units: 5, activation }), layers.activation({ activation })));
  });

  it('of every class', () => {
    const classes = Object.values(CASES).flatMap(({ build }) => {
      const reference = build();
      const topology = readTopology(reference.toJSON(null, false) as Record<string, unknown>);
      reference.dispose();
      return [...allLayers(topology)].map(({ class_name }) => class_name);
    });
    const known = (name: string) => [...classes, ...ELSEWHERE].includes(name) || comparedWithKeras.includes(`"class_name": "${name}"`);
    expect(Object.keys(kerasLayers).filter((name) => !known(name) && !isAugmentation(name))).toEqual([]);
  });

  it.each(Object.entries(CASES))(
    'has a gradient exactly where the entries of its operators state one: %s',
    (_, { build, options = {} }) => {
      const reference = build();
      tf.tidy(() => {
        const { network, running } = read(reference);
        const values = Object.fromEntries(Object.entries(network.shapes).map(([name, shape]) => [name, tf.ones([...shape])]));
        const images = (options.images ?? ((x) => x))(normal([2, ...(network.inputShape as number[])], 'images'));
        const gradient = () => tf.grad((x) => tf.sum(running.apply(values, x as tf.Tensor4D)))(images);
        if (inexactOperators(network.graph, kerasLayers).some((operator) => operator.gradient === 'NONE')) expect(gradient).toThrow();
        else expect(gradient().shape).toEqual(images.shape);
      });
      reference.dispose();
    },
  );

  it('and what tfjs-layers cannot compute itself, by definition', () => {
    computeOn('cpu', () => {
      const [low, high] = activations['gelu_new']!(tf.tensor([-1, 2])).dataSync();
      expect([low, high]).toEqual([expect.closeTo(-0.15881, 4), expect.closeTo(1.9546, 4)]);
    });
    const x = normal([2, 6, 7, 3], 'x') as tf.Tensor4D;
    const resized = read(stacked(IMAGE, layers.resizing({ height: 4, width: 5 }))).running.apply({}, x);
    expectClose(resized, tf.image.resizeBilinear(x, [4, 5], true));
    const values = Object.fromEntries(['gamma', 'beta', 'moving_mean'].map((name) => [`bn/${name}`, normal([6], name)]));
    const weights = { ...values, 'bn/moving_variance': tf.abs(normal([6], 'variance')) };
    const ofRows = read(stacked(IMAGE, layers.batchNormalization({ name: 'bn', axis: 1 }))).running.apply(weights, x);
    const turned = tf.transpose(x, [0, 3, 2, 1]);
    const ofChannels = read(stacked([3, 7, 6], layers.batchNormalization({ name: 'bn' }))).running.apply(weights, turned);
    expect(Array.from(ofRows.dataSync())).toEqual(Array.from(tf.transpose(ofChannels, [0, 3, 2, 1]).dataSync()));
  });
});
