/** Small models that are as they should be, to be damaged. @module */
import { graphModel, numbers, text, type GraphModelSpec } from '../compute/graph-files.js';
import { encode, floats, ints, type GraphSpec } from '../compute/onnx-files.js';
import { json, type Files } from '../server/support/upload.js';

const values = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1) / 3);

/** 8×8×1 images, three classes. */
export const ONNX: GraphSpec = {
  input: ['n', 1, 8, 8],
  nodes: [
    { op: 'Conv', inputs: ['image', 'kernel', 'bias'], outputs: ['features'], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    {
      op: 'BatchNormalization',
      inputs: ['features', 'gamma', 'beta', 'mean', 'variance'],
      outputs: ['normal'],
      attributes: { spatial: 1 },
    },
    { op: 'Relu', inputs: ['normal'], outputs: ['active'] },
    { op: 'MaxPool', inputs: ['active'], outputs: ['pooled'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Reshape', inputs: ['pooled', 'shape'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'w', 'b'], outputs: ['scores'], attributes: { transB: 0 } },
  ],
  weights: {
    kernel: floats([2, 1, 3, 3], values(18)),
    bias: floats([2], [0.1, 0.2]),
    gamma: floats([2], [1, 1.1]),
    beta: floats([2], [0, 0.1]),
    mean: floats([2], [0, 0.2]),
    variance: floats([2], [1, 0.9]),
    shape: ints([0, -1]),
    w: floats([8, 3], values(24)),
    b: floats([3], values(3)),
  },
};

export const onnx = (change: Partial<GraphSpec> = {}): Uint8Array => encode({ ...ONNX, ...change });

interface Layer {
  class_name: string;
  config: Record<string, unknown>;
}

export interface LayersJson {
  format: string;
  modelTopology: { class_name: string; config: { name: string; layers: Layer[] } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
}

const WEIGHTS = { 'conv/kernel': [3, 3, 1, 2], 'conv/bias': [2], 'dense/kernel': [32, 3], 'dense/bias': [3] };

/** A LayersModel of the same kind; `change` edits its model.json. */
export function layersModel(change: (model: LayersJson) => void = () => {}, files: Files = {}): Files {
  const layer = (class_name: string, config: Record<string, unknown>): Layer => ({ class_name, config });
  const model: LayersJson = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'net',
        layers: [
          layer('Conv2D', {
            name: 'conv',
            filters: 2,
            kernel_size: [3, 3],
            strides: [2, 2],
            padding: 'same',
            activation: 'relu',
            batch_input_shape: [null, 8, 8, 1],
          }),
          layer('Flatten', { name: 'flatten' }),
          layer('Dense', { name: 'dense', units: 3 }),
        ],
      },
    },
    weightsManifest: [
      { paths: ['weights.bin'], weights: Object.entries(WEIGHTS).map(([name, shape]) => ({ name, shape, dtype: 'float32' })) },
    ],
  };
  change(model);
  return { 'model.json': json(model), 'weights.bin': new Uint8Array(Float32Array.from(values(18 + 2 + 96 + 3)).buffer), ...files };
}

const GRAPH: GraphModelSpec = {
  input: [-1, 8, 8, 1],
  nodes: [
    {
      name: 'conv',
      op: 'Conv2D',
      input: ['image', 'kernel'],
      attr: { strides: numbers(1, 2, 2, 1), padding: text('SAME'), data_format: text('NHWC') },
    },
    { name: 'active', op: 'Relu', input: ['conv'] },
    { name: 'flat', op: 'Reshape', input: ['active', 'shape'] },
    { name: 'scores', op: 'MatMul', input: ['flat', 'w'] },
  ],
  weights: {
    kernel: { shape: [3, 3, 1, 2], values: values(18) },
    shape: { shape: [2], values: [-1, 32], dtype: 'int32' },
    w: { shape: [32, 3], values: values(96) },
  },
};

export interface GraphJson {
  format?: unknown;
  modelTopology: { node: { name: string; op: string; input?: string[]; attr?: Record<string, unknown> }[]; library?: object };
  weightsManifest: LayersJson['weightsManifest'];
  signature?: object;
}

/** A GraphModel of the same kind; `change` edits its model.json. */
export function graphFiles(change: (model: GraphJson) => void = () => {}, files: Files = {}): Files {
  const built = graphModel(GRAPH);
  const model = JSON.parse(Buffer.from(built['model.json']!).toString()) as GraphJson;
  change(model);
  return { ...built, 'model.json': json(model), ...files };
}
