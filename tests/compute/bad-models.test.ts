import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import type { ModelJson } from '../../src/compute/models/model-json.js';
import { loadModel } from '../../src/compute/models/load.js';
import { saveLayersModel } from '../../src/compute/models/keras/save.js';
import { DEFAULT_MODEL_LIMITS, type ModelLimits, type ModelSpec } from '../../src/compute/models/types.js';
import { failure, refusal, temporaryDirectory } from './fixtures.js';
import { graphModel, writeFiles } from './graph-files.js';
import { floats, type NodeSpec, writeOnnx } from './onnx-files.js';

const root = await temporaryDirectory();
let path = '';
let count = 0;
let tensors = 0;

beforeEach(async () => {
  tensors = tf.memory().numTensors;
  path = join(root, String(count++));
  await saveLayersModel(await buildArchitecture('mlp', { seed: 1, inputShape: [4, 4, 1] }), path);
});

// A refused model must not leave tensors behind: a server sees many.
afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

type LayerJson = { class_name: string; config: Record<string, unknown> };

async function edit(change: (json: ModelJson, layers: LayerJson[]) => void): Promise<void> {
  const file = join(path, 'model.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as ModelJson;
  change(json, (json.modelTopology['config'] as { layers: LayerJson[] }).layers);
  await writeFile(file, JSON.stringify(json));
}

function load(spec?: Partial<ModelSpec>, limits?: Partial<ModelLimits>) {
  return failure(loadModel({ format: 'LAYERS_MODEL', directory: path, spec }, { ...DEFAULT_MODEL_LIMITS, ...limits }));
}

it('a truncated shard', async () => {
  await truncate(join(path, 'weights.bin'), 1000);
  expect(await load()).toMatchObject({ ...refusal('INVALID_MODEL', /1000 bytes.*cut short/), path: ['weightsManifest', 'weights.bin'] });
});

it('a missing shard', async () => {
  await edit((json) => (json.weightsManifest[0]!.paths = ['elsewhere.bin']));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /elsewhere.bin is missing/));
});

it('a manifest that names 10 GB', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[0]!.shape = [50_000, 50_000]));
  expect(await load()).toMatchObject(refusal('LIMIT_EXCEEDED', /declares 10\d{9} bytes/));
});

it('a manifest whose sizes overflow', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[0]!.shape = Array<number>(60).fill(2 ** 40)));
  expect(await load()).toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

it('a topology that needs far more weights than the files hold, before they are allocated', async () => {
  await edit((_, layers) => (layers.find(({ config }) => config['name'] === 'hidden1')!.config['units'] = 1e12));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /need more than the \d+ weights/));
});

it('a layer whose output would fill the memory', async () => {
  const pooling = { class_name: 'GlobalAveragePooling2D', config: { name: 'pool', data_format: 'channels_last' } };
  await edit((_, layers) => layers.splice(1, 1, { class_name: 'UpSampling2D', config: { name: 'up', size: [1e5, 1e5] } }, pooling));
  expect(await load()).toMatchObject(refusal('LIMIT_EXCEEDED', /Layer up outputs/));
});

it('containers nested a thousand deep', async () => {
  const nested = `${'{"class_name":"Sequential","config":{"layers":['.repeat(1000)}${']}}'.repeat(1000)}`;
  await writeFile(join(path, 'model.json'), `{"modelTopology":${nested},"weightsManifest":[]}`);
  expect(await load()).toMatchObject({ ...refusal('INVALID_MODEL', /nested too deeply/), path: ['directory'] });
});

it('shards outside of the folder, by name or by link', async () => {
  for (const name of ['../weights.bin', '/etc/hostname', 'a/../../b', 'a\\..\\b']) {
    await edit((json) => (json.weightsManifest[0]!.paths = [name]));
    expect(await load()).toMatchObject(refusal('INVALID_MODEL', /leads out of the model's folder/));
  }
  await symlink('/etc/hostname', join(path, 'link.bin'));
  await edit((json) => (json.weightsManifest[0]!.paths = ['link.bin']));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /leads out of the model's folder/));
});

it('weights that are NaN or infinite', async () => {
  const bytes = await readFile(join(path, 'weights.bin'));
  for (const value of [NaN, Infinity]) {
    bytes.writeFloatLE(value, 40);
    await writeFile(join(path, 'weights.bin'), bytes);
    expect(await load()).toMatchObject({
      ...refusal('INVALID_MODEL', new RegExp(`hidden1/kernel holds ${value}`)),
      path: ['weights', 'hidden1/kernel'],
    });
  }
});

it('two weights of one name', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[1]!.name = 'hidden1/kernel'));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /Two weights are named hidden1\/kernel/));
});

it('weights that fit no layer', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[1]!.name = 'other/bias'));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /missing: hidden1\/bias.*fit no layer: other\/bias/));
});

it('weights of another shape', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[0]!.shape = [256, 16]));
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /has shape \[256, 16\]; the topology needs \[16, 256\]/));
});

it('all unknown layers and activations at once', async () => {
  await edit((_, layers) => {
    layers[1]!.class_name = 'Lambda';
    layers[2]!.class_name = 'MyAttention';
    layers[3]!.config['activation'] = 'my_gelu';
  });
  expect(await load()).toMatchObject(
    refusal('UNSUPPORTED_OPERATION', /\(Lambda\), layer MyAttention, activation my_gelu.*GraphModel.*ONNX/),
  );
});

it('weights of a type that is not supported', async () => {
  await edit((json) => (json.weightsManifest[0]!.weights[0]!.dtype = 'complex64'));
  expect(await load()).toMatchObject(refusal('UNSUPPORTED_OPERATION', /hidden1\/kernel \(complex64\)/));
});

it('too many layers, or too large a model.json', async () => {
  expect(await load(undefined, { maximumLayers: 2 })).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(await load(undefined, { maximumJsonBytes: 100 })).toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

it('something that is no LayersModel', async () => {
  const file = join(path, 'model.json');
  await writeFile(file, '{ "format": "layers-model"');
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /not JSON/));
  await writeFile(file, '{ "format": "graph-model", "modelTopology": {}, "weightsManifest": [] }');
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /format TFJS_GRAPH_MODEL, not LAYERS_MODEL/));
  await writeFile(file, '{ "modelTopology": {} }');
  expect(await load()).toMatchObject({ ...refusal('INVALID_MODEL', /weightsManifest/), path: ['model.json', 'weightsManifest'] });
  await writeFile(file, '{ "modelTopology": {}, "weightsManifest": [] }');
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /topology is a undefined/));
});

it('no model.json, or more than one', async () => {
  const wrapped = path;
  path = join(root, 'empty');
  await mkdir(path);
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /no model.json/));
  for (const name of ['a', 'b']) {
    await mkdir(join(path, name));
    await writeFile(join(path, name, 'model.json'), '{}');
  }
  expect(await load()).toMatchObject(refusal('INVALID_MODEL', /2 files named model.json/));
  path = wrapped;
});

it.each([
  ['inputShape', { inputShape: [5, 4, 1] }, /takes \[4, 4, 1\]/],
  ['classCount', { classCount: 3 }, /3 classes are given where the network has 10/],
  ['classNames', { classNames: ['a'] }, /1 class names/],
  ['mean', { mean: [0, 0, 0] }, /3 means/],
  ['std', { std: [0] }, /must be positive/],
  ['valueRange', { valueRange: [1, 0] }, /lower end must come first/],
] as const)('a spec whose %s does not fit', async (field, spec, message) => {
  const error = await load(spec as Partial<ModelSpec>);
  expect(error).toMatchObject(refusal('INVALID_MODEL', message));
  expect(error.path!.slice(0, 2)).toEqual(['spec', field]);
});

it.each([
  ['an operator', { op: '__proto__', weight: 'w' }, refusal('UNSUPPORTED_OPERATION', /no implementation of __proto__/)],
  ['a weight', { op: 'Relu', weight: '__proto__' }, refusal('INVALID_MODEL', /A weight is named __proto__/)],
])('%s whose name is a key of every object', async (_, { op, weight }, expected) => {
  const nodes = [
    { name: 'active', op, input: ['image'] },
    { name: 'scores', op: 'MatMul', input: ['active', weight] },
  ];
  const weights = Object.fromEntries([[weight, { shape: [4, 2], values: Array<number>(8).fill(1) }]]);
  const directory = await writeFiles(join(path, 'graph'), graphModel({ input: [-1, 4], nodes, weights }));
  expect(await failure(loadModel({ format: 'TFJS_GRAPH_MODEL', directory }))).toMatchObject(expected);
  const onnx = await writeOnnx(join(path, 'onnx'), {
    input: ['n', 4],
    nodes: [
      { op, inputs: ['image'], outputs: ['active'] },
      { op: 'MatMul', inputs: ['active', weight], outputs: ['scores'] },
    ],
    weights: Object.fromEntries([[weight, floats([4, 2], Array<number>(8).fill(1))]]),
  });
  expect(await failure(loadModel({ format: 'ONNX', directory: onnx }))).toMatchObject(expected);
});

it.each<[string, NodeSpec['op'], NodeSpec['attributes'], RegExp]>([
  ['axes as text', 'ReduceMean', { axes: 'all' }, /attribute axes is not a list of numbers/],
  ['a bound as text', 'Clip', { min: 'low' }, /attribute min is not a list of numbers/],
  ['blocks that are larger than the channels', 'DepthToSpace', { blocksize: 3 }, /a blocksize of 3 does not fit 1 channels/],
  ['blocks of no pixels', 'SpaceToDepth', { blocksize: 0 }, /a blocksize of 0 does not fit 8 by 8 pixels/],
])('ONNX: %s', async (_, op, attributes, message) => {
  const directory = await writeOnnx(join(path, 'onnx'), {
    input: ['n', 1, 8, 8],
    nodes: [{ op, inputs: ['image'], outputs: ['scores'], attributes }],
    opset: 10,
  });
  expect(await failure(loadModel({ format: 'ONNX', directory }))).toMatchObject(refusal('INVALID_MODEL', message));
});

it('ONNX: images that are resized to a negative size', async () => {
  const directory = await writeOnnx(join(path, 'onnx'), {
    input: ['n', 1, 8, 8],
    nodes: [{ op: 'Resize', inputs: ['image', '', 'scales'], outputs: ['scores'] }],
    weights: { scales: floats([4], [1, 1, -1, 1]) },
  });
  expect(await failure(loadModel({ format: 'ONNX', directory }))).toMatchObject(refusal('INVALID_MODEL', /resizes to -8 pixels/));
});

it('ONNX: a batch of a thousand million images that is written into the file', async () => {
  const directory = await writeOnnx(join(path, 'onnx'), {
    input: [1e9, 1, 8, 8],
    nodes: [{ op: 'Flatten', inputs: ['image'], outputs: ['scores'] }],
  });
  expect(await failure(loadModel({ format: 'ONNX', directory }))).toMatchObject(refusal('LIMIT_EXCEEDED', /batch of 1000000000 images/));
});
